//! The CPU engine: a batch of runs in fused passes over slabs of neurons.
//!
//! A step reads Z twice (in two matrix products for the whole batch) and H once, a cache-sized tile
//! at a time for all runs. The slabs are fixed by the width alone and every sum over slabs runs in
//! their order, so neither threads nor batch mates change a byte.

mod factor;
mod lane;
mod measure;
mod shared;
mod slab;
mod train;

use crate::engine::{Batch, Engine, Outcome, Problem};
use crate::error::SimError;
use crate::frozen::Frozen;
use crate::kernels::Isa;
use crate::spec::Model;

/// Trains on the current rayon thread pool.
#[derive(Clone, Copy, Debug)]
pub struct CpuEngine {
    isa: Isa,
}

impl CpuEngine {
    /// With the fastest instruction set of this machine.
    pub fn new() -> Self {
        Self { isa: Isa::best() }
    }

    /// With a given instruction set, to compare them.
    pub fn with_isa(isa: Isa) -> Self {
        Self { isa }
    }
}

impl Default for CpuEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for CpuEngine {
    fn describe(&self) -> String {
        format!("CPU, {}, {} threads", self.isa.name(), rayon::current_num_threads())
    }

    fn prepare<'a>(
        &'a self,
        model: &'a Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + 'a>, SimError> {
        let frozen = Frozen::draw(model, width, seed, self.isa)?;
        Ok(Box::new(CpuProblem { isa: self.isa, model, frozen }))
    }

    fn memory(&self, model: &Model, width: usize, runs: usize) -> u64 {
        let (n, r) = (width as u64, model.rank as u64);
        let columns = (model.points + model.test_points + 2 * crate::aligned::LANES) as u64;
        let frozen = 4 * (2 * n * columns + n);
        // A: value, start, two moments; B the same and its previous value; gradients of both.
        let parameters = 4 * 11 * n * r;
        let signs = n * columns / 8;
        let sums = 4 * shared::count(width) as u64 * columns * (1 + r) + 4 * columns * (4 * r + 1);
        frozen + runs as u64 * (parameters + signs + sums) + hidden_scratch(model, width, columns)
    }
}

/// What drawing H needs for a while.
fn hidden_scratch(model: &Model, width: usize, columns: u64) -> u64 {
    let threads = rayon::current_num_threads() as u64;
    if width <= model.explicit_hidden_up_to {
        4 * 128 * threads * width as u64
    } else {
        8 * 5 * columns * columns + 8 * 512 * columns
    }
}

struct CpuProblem<'a> {
    isa: Isa,
    model: &'a Model,
    frozen: Frozen,
}

impl Problem for CpuProblem<'_> {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        train::train(self.isa, self.model, &self.frozen, batch)
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        Ok(self.frozen.clone())
    }
}
