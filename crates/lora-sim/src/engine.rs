//! What an engine is: it prepares a (width, seed) problem once and trains batches of runs on it.
//!
//! A GPU engine takes the same batch: it draws the frozen student from the same addressed random
//! numbers on its own side (X and y, which are small, come from [`crate::Data::draw`] on the host),
//! and only [`Trajectory`]s and, when asked, final states come back. Sums must have an order that
//! neither the batch nor the schedule decides. A run that diverges is reported as of the step in
//! which it did, so an engine that looks only now and then must freeze it there.

use lora_types::ExtraMeasurement;
pub use lora_types::Record;
use serde::{Deserialize, Serialize};

use crate::adapter::AdapterState;
use crate::error::SimError;
use crate::frozen::Frozen;
use crate::spec::{Model, Run, Training};

/// Version of the numbers that this crate's engines make, part of [`Engine::numerics`]. Raise it by
/// hand whenever a change of the crate changes any result.
pub const NUMERICS: u32 = 4;

/// Trains LoRA runs.
pub trait Engine: Sync {
    /// The engine in words for tables and manifests, with what decides its speed.
    fn describe(&self) -> String;

    /// A short text that names everything which decides the bytes of results besides the request:
    /// the engine, the version of its arithmetic ([`NUMERICS`] in this crate) and the instruction
    /// set. Equal texts promise equal bytes on one kind of machine; so raise the version whenever
    /// results change.
    fn numerics(&self) -> String;

    /// Draws everything that all runs of (width, seed) share.
    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError>;

    /// Bytes needed to prepare a width and train a batch of `runs` runs on it. An engine with a
    /// memory of its own may split the batch, so [`Memory::device`] is what it needs at least, with
    /// one run at a time, and [`Memory::host`] what remains on the host. Saturates instead of
    /// overflowing.
    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory;

    /// Bytes free in the memory of its own; none if it computes in the host's.
    fn free_device_memory(&self) -> Option<u64> {
        None
    }

    /// How many runs of a batch of `runs` it trains together: fewer than all where they do not fit
    /// its memory or its threads. Results do not depend on it.
    fn runs_at_once(&self, model: &Model, width: usize, runs: usize) -> usize {
        let _ = (model, width);
        runs
    }
}

/// An engine that somebody else owns.
impl<E: Engine + ?Sized> Engine for &E {
    fn describe(&self) -> String {
        (**self).describe()
    }

    fn numerics(&self) -> String {
        (**self).numerics()
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        (**self).prepare(model, width, seed)
    }

    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        (**self).memory(model, width, runs)
    }

    fn free_device_memory(&self) -> Option<u64> {
        (**self).free_device_memory()
    }

    fn runs_at_once(&self, model: &Model, width: usize, runs: usize) -> usize {
        (**self).runs_at_once(model, width, runs)
    }
}

/// Bytes of memory, by where they are needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// In the machine's memory.
    pub host: u64,
    /// In a memory of the engine's own, such as a GPU's; 0 if it computes in the host's.
    pub device: u64,
}

impl Memory {
    /// All of it in the machine's memory.
    pub fn on_host(host: u64) -> Self {
        Self { host, device: 0 }
    }
}

/// A prepared (width, seed), ready to train.
pub trait Problem: Send {
    /// Trains a batch. The result has one outcome for each run, in order; its bytes depend neither
    /// on the number of threads nor on which other runs share the batch.
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError>;

    /// The frozen student as the engine holds it, in f32.
    fn frozen(&self) -> Result<Frozen, SimError>;
}

/// Runs that share a (width, seed), and how to train them.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// Optimiser, steps, what is recorded.
    pub training: &'a Training,
    /// The runs.
    pub runs: &'a [Run],
    /// States to start from instead of A_0 and B_0, one for each run. Steps of the trajectory,
    /// movement and divergence are counted from there, the optimiser's own step goes on.
    pub starts: Option<&'a [AdapterState]>,
    /// Whether the states after the last update are wanted.
    pub keep_states: bool,
}

impl<'a> Batch<'a> {
    /// A batch from fresh initialisations whose final states are not wanted.
    pub fn new(training: &'a Training, runs: &'a [Run]) -> Self {
        Self { training, runs, starts: None, keep_states: false }
    }
}

/// What a run left.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its measurements.
    pub trajectory: Trajectory,
    /// Its last state, when the batch asked for it; of a diverged run, the state in which the
    /// divergence was seen.
    pub state: Option<AdapterState>,
}

/// The measurements of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trajectory {
    /// Train loss before every update and after the last: steps + 1 values, fewer after divergence.
    pub losses: Vec<f64>,
    /// Largest rms of Z_B over all steps.
    pub peak_zb: f64,
    /// Smallest rms over steps of A's gradient entries, steps with a gradient of exactly zero left
    /// out (infinity if there is none other, or A is not trained). Adam's epsilon should lie far
    /// below it.
    pub least_gradient_a: f64,
    /// The same for B.
    pub least_gradient_b: f64,
    /// Records at every k-th step and the last, also where divergence made it the last.
    pub records: Vec<Record>,
    /// `Some(t)` if the run diverged and stopped at step t.
    pub diverged_at: Option<usize>,
    /// What only this kind of model measures; empty for the synthetic network and for the layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<ExtraMeasurement>,
}

impl Trajectory {
    /// Of a run that has not begun.
    pub fn empty() -> Self {
        Self {
            losses: Vec::new(),
            peak_zb: 0.0,
            least_gradient_a: f64::INFINITY,
            least_gradient_b: f64::INFINITY,
            records: Vec::new(),
            diverged_at: None,
            extra: Vec::new(),
        }
    }

    /// Keeps the largest rms of Z_B; one that is not finite counts as infinite.
    pub fn note_features(&mut self, zb_rms: f64) {
        let peak = self.peak_zb.max(zb_rms);
        self.peak_zb = if zb_rms.is_finite() { peak } else { f64::INFINITY };
    }

    /// Keeps the smallest gradient that was not exactly zero, given Σ g² of A and of B over
    /// `entries` entries each; of a factor that is not trained it is 0.
    pub fn note_gradients(&mut self, squares: [f64; 2], entries: usize) {
        for (least, sum) in
            [&mut self.least_gradient_a, &mut self.least_gradient_b].into_iter().zip(squares)
        {
            if sum > 0.0 {
                *least = least.min((sum / entries as f64).sqrt());
            }
        }
    }
}
