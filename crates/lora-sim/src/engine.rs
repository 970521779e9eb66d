//! The interface of an engine: it prepares a (width, seed) problem once and trains batches of runs
//! on it.
//!
//! A GPU engine takes the same batch. It draws the frozen student on the device, from the same
//! addressed random numbers; X and y are small and come from [`crate::Data::draw`] on the host. It
//! returns [`Trajectory`]s and, when asked, final states. The order of every sum must depend neither
//! on the batch nor on the schedule. A run that diverges is reported as it stood at that step, so an
//! engine that checks for divergence only now and then must freeze the run there.

use lora_types::ExtraMeasurement;
pub use lora_types::Record;
use serde::{Deserialize, Serialize};

use crate::adapter::AdapterState;
use crate::error::SimError;
use crate::frozen::Frozen;
use crate::spec::{Model, Run, Training};

/// Version of the results of this crate's engines, part of [`Engine::numerics`]. Raise it by hand
/// whenever a change of the crate changes any bit of a result.
pub const NUMERICS: u32 = 4;

/// Trains LoRA runs.
pub trait Engine: Sync {
    /// The engine in words, for tables and manifests: its device, instruction set and threads.
    fn describe(&self) -> String;

    /// A short text that names everything besides the request that decides the bytes of a result:
    /// the engine, the version of its arithmetic ([`NUMERICS`] in this crate) and the instruction
    /// set. Equal texts promise equal bytes on one kind of machine.
    fn numerics(&self) -> String;

    /// Draws everything that all runs of (`width`, `seed`) share: data, teacher and frozen student.
    ///
    /// # Errors
    /// [`SimError::Invalid`] for a model or width out of range, [`SimError::Eigen`] if W_h Z cannot
    /// be sampled, and [`SimError::Device`] if the engine's device fails.
    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError>;

    /// Whether it trains networks that are linearised at H ([`Model::linearised`]). One that does not must
    /// refuse to prepare them.
    fn linearises(&self) -> bool {
        true
    }

    /// Bytes needed to prepare a width and train a batch of `runs` runs on it. Saturates instead of
    /// overflowing.
    ///
    /// An engine with its own memory may split the batch. [`Memory::device`] is then the least that
    /// it needs, for one run at a time, and [`Memory::host`] is what it needs on the host.
    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory;

    /// Free bytes in the engine's own memory; `None` if it computes in the host's.
    fn free_device_memory(&self) -> Option<u64> {
        None
    }

    /// How many runs of a batch of `runs` the engine trains together: fewer than all where they do
    /// not fit its memory or its threads. Results do not depend on this number.
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

    fn linearises(&self) -> bool {
        (**self).linearises()
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
    /// Bytes in the machine's memory.
    pub host: u64,
    /// Bytes in the engine's own memory, such as a GPU's; 0 if it computes in the host's.
    pub device: u64,
}

impl Memory {
    /// `host` bytes in the machine's memory and none elsewhere.
    pub fn on_host(host: u64) -> Self {
        Self { host, device: 0 }
    }
}

/// A prepared (width, seed), ready to train.
pub trait Problem: Send {
    /// Trains a batch and returns one outcome for each run, in order. The bytes of an outcome depend
    /// neither on the number of threads nor on the other runs of the batch.
    ///
    /// # Errors
    /// [`SimError::Invalid`] for a training or run out of range or a wrong number of start states,
    /// [`SimError::Shape`] for a start state of other shapes, and [`SimError::Device`] if the
    /// engine's device fails. A run that diverges is not an error.
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError>;

    /// The frozen student as the engine holds it, in f32.
    ///
    /// # Errors
    /// [`SimError::Device`] if it cannot be copied from the engine's device.
    fn frozen(&self) -> Result<Frozen, SimError>;
}

/// Runs that share a (width, seed), and how to train them.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// Optimizer, number of steps, and the steps that are recorded.
    pub training: &'a Training,
    /// The runs.
    pub runs: &'a [Run],
    /// States to start from instead of A_0 and B_0, one for each run. The trajectory's steps, the
    /// movement of A and B and the divergence are counted from there; Adam's bias correction
    /// continues from the state's `step`.
    pub starts: Option<&'a [AdapterState]>,
    /// Whether to return the states after the last update.
    pub keep_states: bool,
}

impl<'a> Batch<'a> {
    /// A batch that starts from fresh initializations and does not return final states.
    pub fn new(training: &'a Training, runs: &'a [Run]) -> Self {
        Self { training, runs, starts: None, keep_states: false }
    }
}

/// The result of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its measurements.
    pub trajectory: Trajectory,
    /// The final state, if the batch asked for it; for a diverged run, the state at the step of
    /// divergence.
    pub state: Option<AdapterState>,
}

/// The measurements of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trajectory {
    /// Train loss before every update and after the last: steps + 1 values, or fewer for a run that
    /// diverged.
    pub losses: Vec<f64>,
    /// Largest rms of Z_B over all steps.
    pub peak_zb: f64,
    /// Smallest rms over steps of the entries of A's gradient, without the steps at which the gradient
    /// is exactly zero; infinity if there is no other step or A does not train. Adam's epsilon should
    /// lie far below it.
    pub least_gradient_a: f64,
    /// The same for B.
    pub least_gradient_b: f64,
    /// Records at every k-th step and at the last one, which may be the step of divergence.
    pub records: Vec<Record>,
    /// `Some(t)` if the run diverged and stopped at step t.
    pub diverged_at: Option<usize>,
    /// What only this kind of model measures; empty for the synthetic network and for the layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<ExtraMeasurement>,
}

impl Trajectory {
    /// The trajectory of a run that has not begun.
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

    /// Raises `peak_zb` to this rms of Z_B; a value that is not finite counts as infinite.
    pub fn note_features(&mut self, zb_rms: f64) {
        let peak = self.peak_zb.max(zb_rms);
        self.peak_zb = if zb_rms.is_finite() { peak } else { f64::INFINITY };
    }

    /// Lowers the least gradients, given Σ g² of A and of B over `entries` entries each. A sum of
    /// exactly zero is left out; a factor that does not train has one.
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
