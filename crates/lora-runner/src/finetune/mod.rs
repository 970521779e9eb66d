//! The engine that trains transformers: base models, their text, and LoRA runs on them.
//!
//! A problem is a width and a seed. All seeds of a width share the base model, which is a checkpoint or is
//! pretrained once and kept; the seed draws the adapters and the order of the training sequences.

mod again;
mod base;
mod data;
mod digest;
mod error;
mod run;
mod run_state;
mod source;

pub use again::{Again, Judge, Moment};
pub use error::FinetuneError;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lora_experiment::experiment::{Experiment, TransformerSection};
use lora_sim::spec::{Model, Run, Training};
use lora_sim::{Batch, Engine, Frozen, Memory, Outcome, Problem, SimError, Trajectory};
use lora_store::error::StoreError;
use lora_store::stored::RunSetting;
use lora_transformer::base::Base;
use rayon::prelude::*;

use crate::watch::Watch;
use data::Data;
use run::{Beside, Setting};
use run_state::RunState;
use source::Source;

/// Version of what this engine computes, beside that of pretrained models. Raise it by hand whenever any
/// bit of a result changes.
pub const NUMERICS: u32 = 1;

/// Most adapted modules in a block.
const MODULES: f64 = 7.0;

/// Bytes of the measurements of a module at a step.
const MEASURED: f64 = 12.0 * 16.0;

/// Bytes of a token of the data, with what is to follow it.
const TOKEN: f64 = 12.0;

/// Trains transformers on the CPU.
pub struct TransformerEngine {
    section: TransformerSection,
    source: Source,
    data: Data,
    /// Records of a run.
    records: usize,
    /// By width, once they are there.
    bases: Mutex<BTreeMap<usize, Arc<Base>>>,
    /// Reckoned once: it takes a digest of all data.
    numerics: OnceLock<String>,
    watch: Arc<Watch>,
}

impl TransformerEngine {
    /// Reads what is needed before anything is trained: the checkpoint's headers, the tokenizer and the
    /// text.
    ///
    /// # Errors
    /// [`FinetuneError`] for a file that cannot be read, or that does not go with the experiment.
    pub fn new(experiment: &Experiment) -> Result<Self, FinetuneError> {
        let section = experiment.transformer.clone();
        let source = Source::open(&section, &experiment.model.widths)?;
        let data = Data::read(&section, &source)?;
        source.check_targets(&section, data.labels)?;
        let training = &experiment.training;
        let records = training.steps / training.record_every + 2;
        let (bases, numerics, watch) = Default::default();
        Ok(Self { section, source, data, records, bases, numerics, watch })
    }

    /// What there is of the bases before anything is trained, a line each.
    pub fn bases(&self, widths: &[usize]) -> Vec<String> {
        base::told(&self.source, &self.section, widths)
    }

    /// Through which its training is watched and stopped.
    pub fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch)
    }

    /// Bytes of what a run measures of each module.
    fn measurements(&self, width: usize) -> f64 {
        let depth = self.source.config(&self.section, width).depth as f64;
        self.records as f64 * depth * MODULES * MEASURED
    }

    /// The base of a width: the one that is there, or made now. Whoever else wants one waits.
    fn base(&self, width: usize) -> Result<Arc<Base>, FinetuneError> {
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(base) = bases.get(&width) {
            return Ok(Arc::clone(base));
        }
        let base =
            Arc::new(base::make(&self.source, &self.section, &self.data, width, &self.watch)?);
        bases.insert(width, Arc::clone(&base));
        Ok(base)
    }
}

impl Engine for TransformerEngine {
    fn describe(&self) -> String {
        let (set, threads) = (lora_transformer::instruction_set(), rayon::current_num_threads());
        format!("CPU, {set}, {threads} threads; base: {}", self.source.label())
    }

    fn numerics(&self) -> String {
        let text = || {
            let (set, base) = (lora_transformer::instruction_set(), self.source.digest());
            format!("transformer-{NUMERICS} {set}, base {base}, data {}", self.data.digest())
        };
        self.numerics.get_or_init(text).clone()
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        let (engine, model, base) = (self, model.clone(), self.base(width)?);
        Ok(Box::new(Prepared { engine, base, model, width, seed }))
    }

    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        let base = self.source.memory(&self.section, model, width, runs);
        let data = TOKEN * self.data.tokens() as f64;
        // A number beyond the largest integer is the largest integer.
        Memory::on_host((base + data + runs as f64 * self.measurements(width)) as u64)
    }
}

/// A base with a seed.
struct Prepared<'e> {
    engine: &'e TransformerEngine,
    base: Arc<Base>,
    model: Model,
    width: usize,
    seed: u64,
}

impl Prepared<'_> {
    fn setting(&self) -> Setting<'_> {
        let TransformerEngine { section, data, .. } = self.engine;
        Setting { section, data, base: &self.base, model: &self.model, seed: self.seed }
    }

    /// Where a run keeps its state, if anybody keeps states.
    fn state(&self, training: &Training, run: &Run) -> Result<Option<RunState<'_>>, StoreError> {
        let TransformerEngine { section, watch, .. } = self.engine;
        if watch.states().is_none() {
            return Ok(None);
        }
        let (model, section) = (self.model.clone(), section.without_places());
        let numerics = self.engine.numerics();
        let setting = RunSetting::new(model, Some(&section), training, &numerics)?;
        let key = setting.key((self.width, self.seed), run)?;
        Ok(RunState::new(watch, key, &numerics))
    }
}

impl Problem for Prepared<'_> {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        if batch.starts.is_some() || batch.keep_states {
            let (key, value) = ("starts", "some".to_owned());
            return Err(SimError::Invalid { key, value, valid: "none for a transformer" });
        }
        let state = |run: &Run| self.state(batch.training, run);
        let states: Result<Vec<_>, StoreError> = batch.runs.iter().map(state).collect();
        let states = states.map_err(|error| SimError::Base(error.to_string()))?;
        let (setting, watch) = (self.setting(), &*self.engine.watch);
        let one = |(run, state): (&Run, &Option<RunState>)| {
            setting.train(
                batch.training,
                run,
                Beside { watch, state: state.as_ref(), measured: None },
            )
        };
        let trained: Vec<_> = batch.runs.par_iter().zip(&states).map(one).collect();
        if trained.iter().any(|trained| matches!(trained, Err(FinetuneError::Stopped))) {
            keep_ended(&trained, &states);
        }
        let outcome = |trajectory| Outcome { trajectory, state: None };
        trained.into_iter().map(|trained| Ok(trained.map(outcome)?)).collect()
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        Err(SimError::Base("a transformer is no student of the synthetic model".to_owned()))
    }
}

/// Keeps the runs of a stopped batch that have ended, which is not stored without the others.
fn keep_ended(trained: &[Result<Trajectory, FinetuneError>], states: &[Option<RunState>]) {
    for (trained, state) in trained.iter().zip(states) {
        if let (Ok(trajectory), Some(state)) = (trained, state) {
            state.keep(trajectory, None);
        }
    }
}
