//! A prepared (width, seed) on a device.

use std::sync::Arc;

use lora_sim::spec::Model;
use lora_sim::{Batch, Frozen, Outcome, Problem, SimError};

use crate::buffers::Buffers;
use crate::device::Device;
use crate::frozen::{Artist, fetch};
use crate::layout::Layout;
use crate::queue::Queue;
use crate::raw::FrozenBuffers;
use crate::train::{Group, steps_at_once, train};

/// Everything that all runs of it share.
pub struct CudaProblem<'a> {
    pub queue: Queue,
    pub layout: Layout,
    pub model: Model,
    pub frozen: FrozenBuffers,
    /// Kept from batch to batch.
    buffers: Option<Buffers>,
    /// Bytes that are to stay free.
    reserve: u64,
    engine: std::marker::PhantomData<&'a ()>,
}

impl CudaProblem<'_> {
    /// Draws it.
    pub fn draw(
        device: &Arc<Device>,
        model: &Model,
        width: usize,
        seed: u64,
        reserve: u64,
    ) -> Result<Self, SimError> {
        model.check(width)?;
        let (queue, layout) = (Queue::new(device)?, Layout::new(model, width));
        let frozen = Artist { queue: &queue, layout: &layout, model, seed }.draw()?;
        let engine = std::marker::PhantomData;
        Ok(Self { queue, layout, model: model.clone(), frozen, buffers: None, reserve, engine })
    }

    /// Buffers for as many of `runs` runs as fit.
    fn make_room(&mut self, runs: usize, steps: usize) -> Result<Buffers, SimError> {
        if let Some(buffers) = self.buffers.take()
            && buffers.runs >= runs
            && buffers.steps >= steps
        {
            return Ok(buffers);
        }
        let free = self.queue.device().free_memory().unwrap_or(u64::MAX);
        let fitting = runs_that_fit(&self.layout, runs, steps, free.saturating_sub(self.reserve));
        Buffers::new(&self.queue, &self.layout, fitting.max(1), steps)
    }
}

/// The most of `runs` runs whose buffers fit into `free` bytes.
pub fn runs_that_fit(layout: &Layout, runs: usize, steps: usize, free: u64) -> usize {
    // Bytes grow with every run, so the answer can be bisected.
    let fits = |runs: usize| Buffers::bytes(layout, runs, steps) <= free;
    let (mut fitting, mut beyond) = (0, runs + 1);
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

impl Problem for CudaProblem<'_> {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        batch.check(&self.model, self.layout.width)?;
        if batch.runs.is_empty() {
            return Ok(Vec::new());
        }
        let buffers = self.make_room(batch.runs.len(), steps_at_once(batch.training.steps))?;
        let mut outcomes = Vec::with_capacity(batch.runs.len());
        for from in (0..batch.runs.len()).step_by(buffers.runs) {
            let range = from..batch.runs.len().min(from + buffers.runs);
            let starts = batch.starts.map(|states| &states[range.clone()]);
            let group = Group { request: batch, runs: &batch.runs[range], starts };
            outcomes.extend(train(self, &buffers, &group)?);
        }
        self.buffers = Some(buffers);
        Ok(outcomes)
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        fetch(&self.queue, &self.layout, &self.frozen)
    }
}
