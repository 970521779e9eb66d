//! The engine that trains transformers: base models, their text, and LoRA runs on them.
//!
//! A problem is a width and a seed. All seeds of a width share the base model, which is a checkpoint or is
//! pretrained once and kept; the seed draws the adapters and the order of the training sequences.

mod adapters;
mod base;
mod data;
mod digest;
mod error;
mod run;
mod source;

pub use error::FinetuneError;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use lora_experiment::experiment::{Experiment, TransformerSection};
use lora_sim::spec::Model;
use lora_sim::{Batch, Engine, Frozen, Memory, Outcome, Problem, SimError};
use lora_transformer::base::Base;
use rayon::prelude::*;

use data::Data;
use source::Source;

/// Version of what this engine computes, beside that of pretrained models. Raise it by hand whenever any
/// bit of a result changes.
pub const NUMERICS: u32 = 1;

/// Most adapted modules in a block.
const MODULES: f64 = 7.0;

/// Most of them outside of blocks: embedding, head, and the layer before a head.
const OUTSIDE: f64 = 3.0;

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
        let net = source.net(&section, data.labels);
        adapters::adapted(&section, &experiment.model(), &net)?;
        data.check(&net)?;
        let training = &experiment.training;
        let records = training.steps / training.record_every + 2;
        Ok(Self { section, source, data, records, bases: Mutex::default() })
    }

    /// What there is of the bases before anything is trained, a line each.
    pub fn bases(&self, widths: &[usize]) -> Vec<String> {
        base::told(&self.source, &self.section, widths)
    }

    /// Bytes of what a run measures of each module.
    fn measurements(&self, width: usize) -> f64 {
        let depth = self.source.config(&self.section, width).depth as f64;
        self.records as f64 * (depth * MODULES + OUTSIDE) * MEASURED
    }

    /// The base of a width: the one that is there, or made now. Whoever else wants one waits.
    fn base(&self, width: usize) -> Result<Arc<Base>, FinetuneError> {
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(base) = bases.get(&width) {
            return Ok(Arc::clone(base));
        }
        let base = Arc::new(base::make(&self.source, &self.section, &self.data, width)?);
        // Its files may have changed since they were looked at first.
        self.data.check(&base.net)?;
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
        let (set, base) = (lora_transformer::instruction_set(), self.source.digest());
        format!("transformer-{NUMERICS} {set}, base {base}, data {}", self.data.digest())
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        let base = self.base(width).map_err(|error| SimError::Base(error.to_string()))?;
        let (engine, model) = (self, model.clone());
        Ok(Box::new(Prepared { engine, base, model, seed }))
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
    seed: u64,
}

impl Problem for Prepared<'_> {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        if batch.starts.is_some() || batch.keep_states {
            let (key, value) = ("starts", "some".to_owned());
            return Err(SimError::Invalid { key, value, valid: "none for a transformer" });
        }
        let TransformerEngine { section, data, .. } = self.engine;
        let setting =
            run::Setting { section, data, base: &self.base, model: &self.model, seed: self.seed };
        let one = |run| setting.train(batch.training, run);
        let trained: Result<Vec<_>, FinetuneError> = batch.runs.par_iter().map(one).collect();
        let trained = trained.map_err(|error| SimError::Base(error.to_string()))?;
        Ok(trained.into_iter().map(|trajectory| Outcome { trajectory, state: None }).collect())
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        Err(SimError::Base("a transformer is no student of the synthetic model".to_owned()))
    }
}
