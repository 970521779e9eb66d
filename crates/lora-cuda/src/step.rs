//! The kernels of a training step, in order.

use lora_sim::SimError;
use lora_sim::spec::{Activation, Trained};

use crate::layout::{Layout, TILE, b_block};
use crate::queue::Queue;
use crate::raw::Batch;

/// One launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Name of the kernel.
    pub kernel: String,
    /// Blocks in each dimension.
    pub grid: [usize; 3],
    /// Threads of a block in each dimension.
    pub block: [u32; 2],
}

/// A step of up to `runs` runs, without the device and the data.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Sizes.
    pub layout: &'a Layout,
    /// φ.
    pub activation: Activation,
    /// The factors that are trained.
    pub train: Trained,
    /// Runs in the batch.
    pub runs: usize,
    /// Multiprocessors of the device.
    pub multiprocessors: usize,
}

impl Step<'_> {
    /// The launches that compute Z_A, the outputs, and everything that is measured.
    pub fn forward(&self) -> Vec<Launch> {
        let (l, runs) = (self.layout, self.runs);
        let (tiles, rows) = (l.columns / TILE, runs * l.stride);
        let tile_rows = self.tile_rows(l.train / TILE * l.chunks());
        let features = format!("features_{tile_rows}");
        let (warps, entries) = (self.warps(), l.stride * l.stride);
        let forward = [runs.div_ceil(warps), tiles, l.chunks()];
        vec![
            launch(&features, [tiles, rows.div_ceil(tile_rows), l.chunks()], [128, 1]),
            launch("gather_features", [tiles, rows, 1], [128, 1]),
            launch(&self.forward_kernel(), forward, [32, warps as u32]),
            launch("gather_outputs", [tiles, runs, 1], [128, 1]),
            launch("losses", [1, 1, 1], [32, 32]),
            launch("norm_parts", [l.norm_parts(), runs, 5], [256, 1]),
            launch("gather_grams", [entries.div_ceil(8), runs, 3], [256, 1]),
            launch("forms", [l.train / TILE, runs, 4], [128, 1]),
            launch("measure", [runs, 1, 1], [32, 1]),
        ]
    }

    /// The launches that compute gradients and update the trained factors. Only they write to a factor,
    /// so one that is not trained keeps its bits. `Loop::new` fills the buffers that its kernels would
    /// have filled.
    pub fn backward(&self) -> Vec<Launch> {
        let mut launches = Vec::new();
        if self.train.a() {
            launches.extend(self.feature_gradient());
        }
        if self.train.b() {
            launches.extend(self.update_b());
        }
        if self.train.a() {
            launches.push(self.update_a());
        }
        launches.push(launch("finish_step", [1, 1, 1], [32, 32]));
        launches
    }

    fn feature_gradient(&self) -> [Launch; 2] {
        let (l, runs, warps) = (self.layout, self.runs, self.warps());
        let (tiles, pieces) = (l.train / TILE, l.stride / l.piece());
        let parts = [runs.div_ceil(warps) * pieces, tiles, l.chunks()];
        [
            launch(&self.feature_gradient_kernel(), parts, [32, warps as u32]),
            launch("gather_feature_gradient", [tiles, runs * l.stride, 1], [128, 1]),
        ]
    }

    fn update_b(&self) -> [Launch; 2] {
        let (l, runs) = (self.layout, self.runs);
        let (blocks, pieces) = (l.neurons / b_block(self.activation), l.stride / l.piece());
        let smooth = self.activation != Activation::Relu;
        let kept = if smooth { runs } else { 0 };
        [
            launch("keep_b", [(l.neurons * l.stride).div_ceil(256), kept, 1], [256, 1]),
            launch(&self.update_b_kernel(), [blocks, runs * pieces, 1], [32, 8]),
        ]
    }

    fn update_a(&self) -> Launch {
        let l = self.layout;
        let tile_rows = self.tile_rows(l.neurons / TILE);
        let blocks = l.neurons / TILE * (self.runs * l.stride).div_ceil(tile_rows);
        launch(&format!("update_a_{tile_rows}"), [blocks, 1, 1], [128, 1])
    }

    /// Rows of a tile in a product that has `blocks` blocks for each row of tiles. The choice leaves
    /// the least work to the busiest multiprocessor; each candidate comes with the share of its
    /// instructions that multiply. No sum depends on it.
    fn tile_rows(&self, blocks: usize) -> usize {
        let rows = self.runs * self.layout.stride;
        let cost = |&(tile, share): &(usize, f64)| {
            let busiest = (blocks * rows.div_ceil(tile)).div_ceil(self.multiprocessors.max(1));
            (busiest * tile) as f64 / share
        };
        let tiles = [(64, 0.86), (32, 0.82), (16, 0.69)];
        tiles.into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b))).map_or(64, |(tile, _)| tile)
    }

    /// Runs that share a block of the forward and the backward pass; each has a warp.
    fn warps(&self) -> usize {
        self.runs.next_power_of_two().min(8)
    }

    fn forward_kernel(&self) -> String {
        format!("forward_{}_{}", name(self.activation), self.rank())
    }

    fn feature_gradient_kernel(&self) -> String {
        match self.activation {
            Activation::Relu => format!("feature_gradient_relu_{}", self.layout.piece()),
            smooth => format!("feature_gradient_{}_{}", name(smooth), self.rank()),
        }
    }

    /// The rank in a kernel's name: one that has kernels of its own, or `any`.
    fn rank(&self) -> &'static str {
        match self.layout.stride {
            4 => "4",
            8 => "8",
            _ => "any",
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
///
/// # Errors
///
/// If the driver refuses a launch.
pub fn enqueue(queue: &Queue, launches: &[Launch], batch: &Batch) -> Result<(), SimError> {
    launches.iter().try_for_each(|l| {
        // SAFETY: `Batch` is the parameter of every kernel of a step, and its maker borrows the
        // buffers for as long as it is used.
        unsafe { queue.launch(&l.kernel, l.grid, l.block, batch) }
    })
}
