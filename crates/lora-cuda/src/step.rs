//! The kernels of a training step, in order.

use lora_sim::SimError;
use lora_sim::spec::Activation;

use crate::layout::{Layout, TILE};
use crate::queue::Queue;
use crate::raw::Batch;

/// Neurons that a block of B's update has.
pub fn b_block(activation: Activation) -> usize {
    if activation == Activation::Relu { TILE } else { 32 }
}

/// One launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Name of the kernel.
    pub kernel: String,
    /// Blocks.
    pub grid: [usize; 3],
    /// Threads of a block.
    pub block: [u32; 2],
}

/// A step of up to `runs` runs: everything in it but the device and the data.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Sizes.
    pub layout: &'a Layout,
    /// φ.
    pub activation: Activation,
    /// Runs of the batch.
    pub runs: usize,
}

impl Step<'_> {
    /// Z_A, the outputs, and all that is measured.
    pub fn forward(&self) -> Vec<Launch> {
        let (l, runs) = (self.layout, self.runs);
        let (tiles, rows) = (l.columns / TILE, runs * l.stride);
        let tile_rows = self.tile_rows();
        let features = format!("features_{tile_rows}");
        vec![
            launch(&features, [tiles, rows.div_ceil(tile_rows), l.chunks()], [128, 1]),
            launch("gather_features", [tiles, rows, 1], [128, 1]),
            launch(&self.forward_kernel(), [runs.div_ceil(8), tiles, l.chunks()], [32, 8]),
            launch("gather_outputs", [tiles, runs, 1], [128, 1]),
            launch("losses", [1, 1, 1], [32, 32]),
            launch("gram", [l.slabs(), runs, 3], [256, 1]),
            launch("movement", [l.slabs(), runs, 2], [256, 1]),
            launch("measure", [runs, 1, 1], [256, 1]),
        ]
    }

    /// Gradients and updates of both factors.
    pub fn backward(&self) -> Vec<Launch> {
        let (l, runs) = (self.layout, self.runs);
        let (tiles, rows, pieces) = (l.train / TILE, runs * l.stride, l.stride / l.piece());
        let tile_rows = self.tile_rows();
        let (gradient, width) = self.feature_gradient();
        let blocks = l.neurons / b_block(self.activation);
        let update_a = format!("update_a_{tile_rows}");
        let parts = [runs.div_ceil(8) * (l.stride / width), tiles, l.chunks()];
        let smooth = self.activation != Activation::Relu;
        let kept = if smooth { runs } else { 0 };
        vec![
            launch(&gradient, parts, [32, 8]),
            launch("gather_feature_gradient", [tiles, rows, 1], [128, 1]),
            launch("keep_b", [(l.neurons * l.stride).div_ceil(256), kept, 1], [256, 1]),
            launch(&self.update_b_kernel(), [blocks, runs * pieces, 1], [32, 8]),
            launch(&update_a, [l.neurons / TILE, rows.div_ceil(tile_rows), 1], [128, 1]),
            launch("finish_step", [1, 1, 1], [32, 32]),
        ]
    }

    /// Rows of a tile of the products: as many as the batch can fill. No sum depends on it.
    fn tile_rows(&self) -> usize {
        match self.runs * self.layout.stride {
            0..=16 => 16,
            17..=32 => 32,
            _ => 64,
        }
    }

    fn forward_kernel(&self) -> String {
        let rank = match self.layout.stride {
            4 => "4",
            8 => "8",
            _ => "any",
        };
        format!("forward_{}_{rank}", name(self.activation))
    }

    /// The kernel, and rows of dZ_A that one thread has.
    fn feature_gradient(&self) -> (String, usize) {
        match self.activation {
            Activation::Relu => {
                let width = self.layout.piece();
                (format!("feature_gradient_relu_{width}"), width)
            }
            smooth => (format!("feature_gradient_{}", name(smooth)), 4),
        }
    }

    fn update_b_kernel(&self) -> String {
        format!("update_b_{}_{}", name(self.activation), self.layout.piece())
    }
}

fn launch(kernel: &str, grid: [usize; 3], block: [u32; 2]) -> Launch {
    Launch { kernel: kernel.to_owned(), grid, block }
}

fn name(activation: Activation) -> &'static str {
    match activation {
        Activation::Relu => "relu",
        Activation::Tanh => "tanh",
        Activation::Gelu => "gelu",
    }
}

/// Launches all of them on a batch.
pub fn enqueue(queue: &Queue, launches: &[Launch], batch: &Batch) -> Result<(), SimError> {
    launches.iter().try_for_each(|l| queue.launch(&l.kernel, l.grid, l.block, batch))
}
