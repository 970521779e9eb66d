//! The CPU engine: a batch of runs in fused passes over blocks of neurons.
//!
//! A step reads Z twice, in two matrix products for the whole batch, and H once, one tile of neurons
//! at a time for all runs. The width alone fixes the blocks, and every sum over blocks goes in their
//! order, so neither the threads nor the other runs of the batch change a byte.
//!
//! A step has five products of n N r multiply-adds each. With relu three of them remain: A Z,
//! (s B) Z_A and dZ_A Zᵀ. The two products with relu' are [table look-ups](crate::kernels), four
//! terms at a time.

mod backward;
mod cost;
mod forward;
mod groups;
mod live_run;
mod measure;
mod neuron_block;
mod peaks;
mod shared;
mod stage;
pub mod stages;
mod train;

use crate::engine::{Batch, Engine, Memory, NUMERICS, Outcome, Problem};
use crate::error::SimError;
use crate::frozen::Frozen;
use crate::kernels::Isa;
use crate::memory::{columns, product};
use crate::spec::Model;

pub(crate) use shared::tiles;

/// Trains on the current rayon thread pool.
#[derive(Clone, Copy, Debug)]
pub struct CpuEngine {
    isa: Isa,
}

impl CpuEngine {
    /// An engine with the fastest instruction set of this machine.
    pub fn new() -> Self {
        Self { isa: Isa::best() }
    }

    /// An engine with a given instruction set, to compare them.
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

    fn numerics(&self) -> String {
        format!("cpu-{NUMERICS} {}", self.isa.name())
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        let frozen = Frozen::draw(model, width, seed, self.isa)?;
        Ok(Box::new(CpuProblem { isa: self.isa, model: model.clone(), frozen }))
    }

    fn runs_at_once(&self, model: &Model, width: usize, runs: usize) -> usize {
        groups::at_once(model, width, rayon::current_num_threads()).min(runs)
    }

    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        let runs = self.runs_at_once(model, width, runs);
        let (n, r) = (width as u64, model.rank as u64);
        let columns = columns(&[model.points, model.test_points]);
        let frozen = product(&[8, n, columns]);
        // A: value, start, two moments, gradient; B the same and its previous value.
        let parameters = product(&[4 * 11, n, r]);
        // While a batch is set up: the six matrices of one run's start state.
        let start = product(&[4 * 6, n, r]);
        let masks = product(&[n.saturating_add(64), columns]) / 8;
        let blocks = shared::count(width) as u64;
        // f and dZ_A/e of every block; Z_A twice, dZ_A, e Z_A with its tables, e, f.
        let sums = product(&[4, blocks.saturating_add(12), columns, r.saturating_add(1)]);
        // The factors of a tile, on every thread.
        let threads = rayon::current_num_threads() as u64;
        let factors = product(&[4 * 6 * 32, threads, r]);
        // Running sums of a Gram matrix.
        let gram = product(&[8 * 8, r, r]);
        let run = [masks, sums, factors, gram].into_iter().fold(parameters, u64::saturating_add);
        let slopes = product(&[4 * 64, threads, columns]);
        Memory::on_host(
            frozen
                .saturating_add(start)
                .saturating_add(product(&[runs as u64, run]))
                .saturating_add(hidden_scratch(model, n, columns, threads))
                .saturating_add(slopes),
        )
    }
}

/// Bytes needed while H is drawn.
fn hidden_scratch(model: &Model, n: u64, columns: u64, threads: u64) -> u64 {
    if n <= model.explicit_hidden_up_to as u64 {
        product(&[4 * 2 * 128, threads, n])
    } else {
        product(&[8 * 5, columns, columns]).saturating_add(product(&[8 * 512, columns]))
    }
}

struct CpuProblem {
    isa: Isa,
    model: Model,
    frozen: Frozen,
}

impl CpuProblem {
    fn train_in_groups(&self, batch: &Batch) -> Vec<Outcome> {
        let threads = rayon::current_num_threads();
        let most = groups::at_once(&self.model, self.frozen.width, threads);
        let at_once = groups::evenly(batch.runs.len(), most, threads);
        let mut outcomes = Vec::with_capacity(batch.runs.len());
        for (group, runs) in batch.runs.chunks(at_once).enumerate() {
            let from = group * at_once;
            let starts = batch.starts.map(|starts| &starts[from..from + runs.len()]);
            let group = Batch { runs, starts, ..batch.clone() };
            outcomes.extend(train::train(self.isa, &self.model, &self.frozen, &group));
        }
        outcomes
    }
}

impl Problem for CpuProblem {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        batch.check(&self.model, self.frozen.width)?;
        // Once, not in every stage of every step: entering the pool costs as much as a small stage.
        let this = &*self;
        Ok(rayon::scope(|_| this.train_in_groups(batch)))
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        Ok(self.frozen.clone())
    }
}
