//! A prepared (width, seed) on a device: its frozen student, and memory for its batches.

use std::sync::Arc;

use lora_sim::SimError;
use lora_sim::spec::Model;

use crate::buffers::Buffers;
use crate::device::Device;
use crate::frozen::Artist;
use crate::layout::{Layout, MOST_BLOCKS};
use crate::queue::Queue;
use crate::raw::FrozenBuffers;

/// What all runs on it share.
pub struct CudaProblem<'a> {
    /// Its work on the device.
    pub queue: Queue,
    /// Its sizes on the device.
    pub layout: Layout,
    /// The model.
    pub model: Model,
    /// The frozen student.
    pub frozen: FrozenBuffers,
    /// Memory of the last batch, for the next one.
    buffers: Option<Buffers>,
    /// Whether they hold fewer runs than were asked for.
    limited: bool,
    /// Bytes of the device that stay free.
    reserve: u64,
    engine: std::marker::PhantomData<&'a ()>,
}

impl CudaProblem<'_> {
    /// Draws it, and keeps `reserve` bytes of the device free.
    ///
    /// # Errors
    ///
    /// [`SimError::Invalid`] if the model is out of range, [`SimError::Eigen`] if the root of ZᵀZ cannot
    /// be computed, and [`SimError::Device`] if the device fails, is short of memory, or has no grid for
    /// the rank.
    pub fn draw(
        device: &Arc<Device>,
        model: &Model,
        width: usize,
        seed: u64,
        reserve: u64,
    ) -> Result<Self, SimError> {
        model.check(width)?;
        let layout = Layout::new(model, width);
        if layout.stride > MOST_BLOCKS {
            let rank = model.rank;
            return Err(SimError::Device(format!("rank {rank} is too large for the GPU engine")));
        }
        let queue = Queue::new(device)?;
        let frozen = Artist { queue: &queue, layout: &layout, model, seed }.draw()?;
        let engine = std::marker::PhantomData;
        Ok(Self {
            queue,
            layout,
            model: model.clone(),
            frozen,
            buffers: None,
            limited: false,
            reserve,
            engine,
        })
    }

    /// Memory for as many of `runs` runs as fit, and for at least one: that of the last batch, if it
    /// suffices.
    ///
    /// # Errors
    ///
    /// [`SimError::Device`] if the device has too little free memory.
    pub fn make_room(&mut self, runs: usize, steps: usize) -> Result<Buffers, SimError> {
        let limited = self.limited;
        let suffices = |old: &Buffers| (old.runs >= runs || limited) && old.steps >= steps;
        if let Some(buffers) = self.buffers.take().filter(suffices) {
            return Ok(buffers);
        }
        let free = self.queue.device().free_memory().unwrap_or(u64::MAX);
        let fitting = runs_that_fit(&self.layout, runs, steps, free.saturating_sub(self.reserve));
        self.limited = fitting < runs;
        Buffers::new(&self.queue, &self.layout, fitting.max(1), steps)
    }

    /// Takes back the memory of a batch, for the next one.
    pub fn keep(&mut self, buffers: Buffers) {
        self.buffers = Some(buffers);
    }
}

/// The largest number of runs, up to `runs`, whose buffers fit into `free` bytes and whose rows fit
/// into a grid.
pub fn runs_that_fit(layout: &Layout, runs: usize, steps: usize, free: u64) -> usize {
    // Bytes grow with every run, so the answer can be bisected.
    let fits = |runs: usize| Buffers::bytes(layout, runs, steps) <= free;
    let (mut fitting, mut beyond) = (0, runs.min(MOST_BLOCKS / layout.stride) + 1);
    while beyond - fitting > 1 {
        let middle = fitting + (beyond - fitting) / 2;
        if fits(middle) {
            fitting = middle;
        } else {
            beyond = middle;
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_runs_train_at_once_as_fit_the_memory_and_the_grid() {
        let model = Model { rank: 64, points: 100, test_points: 0, ..Model::default() };
        let layout = Layout::new(&model, 128);
        for runs in [1, 2, 5] {
            let free = Buffers::bytes(&layout, runs, 10);
            assert_eq!(runs_that_fit(&layout, 100, 10, free), runs);
            assert_eq!(runs_that_fit(&layout, 100, 10, free - 1), runs - 1);
        }
        assert_eq!(runs_that_fit(&layout, 7, 10, u64::MAX), 7);
        assert_eq!(runs_that_fit(&layout, 1 << 20, 10, u64::MAX), 65_535 / 64);
    }
}
