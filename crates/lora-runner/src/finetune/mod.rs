//! The engine that trains transformers: base models, their text, and LoRA runs on them.
//!
//! A problem is a width and a seed. The base model is a checkpoint, or is pretrained once and kept. All seeds of
//! a width share it, or each has its own. The seed draws the adapters and the order of the training sequences.

mod adapters;
mod again;
mod allocator;
mod base;
mod budget;
mod digest;
mod error;
mod final_test;
mod needs;
mod problem;
mod run;
mod run_state;
mod source;
mod work;

pub use again::{Again, Judge, Moment};
pub use error::FinetuneError;
pub use final_test::{Shared, state_key};
pub use work::rate;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};

use lora_data::Data;
use lora_experiment::experiment::{Experiment, TransformerSection};
use lora_sim::spec::Model;
use lora_sim::{Engine, Memory, Problem, SimError};
use lora_transformer::base::Base;
use lora_transformer::model::Keep;

use crate::watch::Watch;
use problem::Prepared;
use run::Setting;
use source::Source;

/// Version of what this engine computes, beside that of pretrained models. Raise it by hand whenever any
/// bit of a result changes.
pub const NUMERICS: u32 = 2;

/// Trains transformers on the CPU.
pub struct TransformerEngine {
    section: TransformerSection,
    source: Source,
    data: Data,
    /// Records of a run.
    records: usize,
    /// Best runs of a width, one of each init and seed, which the final test measures.
    best_runs: usize,
    /// Seeds that bases are pretrained with.
    base_seeds: BTreeSet<u64>,
    /// By width and seed of the pretraining, once they are there.
    bases: Mutex<BTreeMap<(usize, u64), Arc<Base>>>,
    /// Widths of which a base was not there at the beginning.
    absent: BTreeSet<usize>,
    /// Widths at which little of a forward pass is kept, and why.
    recomputed: BTreeMap<usize, String>,
    /// What there is to say before the first run.
    said: Once,
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
        allocator::keep_freed_memory();
        let section = experiment.transformer.clone();
        let source = Source::open(&section, &experiment.model.widths)?;
        let (config, text) = (source.config(&section, section.head_dim), || source.text());
        let tokenizer = source.tokenizer();
        let data =
            Data::read(&section, &lora_data::Base { tokenizer, text: &text, config: &config })?;
        // Names do not depend on the width, which is the smallest here where models are made.
        let net = source.net(&section, section.head_dim, data.labels);
        adapters::check(&section, &experiment.model(), &net)?;
        data.check(&net)?;
        let training = &experiment.training;
        let records = training.steps / training.record_every + 2;
        let best_runs = training.inits.len() * training.seeds.len();
        let seeds = training.seeds.iter();
        let base_seeds: BTreeSet<_> = seeds.map(|&seed| section.base_seed(seed)).collect();
        let to_be_made = |width: usize, seed| base::is_to_be_made(&source, &section, (width, seed));
        let absent = |&width: &usize| base_seeds.iter().any(|&seed| to_be_made(width, seed));
        let absent = experiment.model.widths.iter().copied().filter(absent).collect();
        let (bases, recomputed, said) = (Mutex::default(), BTreeMap::new(), Once::new());
        let (numerics, watch) = Default::default();
        Ok(Self {
            section,
            source,
            data,
            records,
            best_runs,
            base_seeds,
            bases,
            absent,
            recomputed,
            said,
            numerics,
            watch,
        })
    }

    /// Keeps as little as it can of a forward pass where everything does not fit: `short` says what is short
    /// at a width, if anything is. What is not kept is computed once more, to the same bytes.
    pub fn keep_what_fits(
        &mut self,
        widths: &[usize],
        short: impl Fn(&Self, usize) -> Option<String>,
    ) {
        for &width in widths {
            if let Some(why) = short(self, width) {
                self.recomputed.insert(width, why);
            }
        }
    }

    /// What there is to know before anything is trained, a line each.
    pub fn notes(&self, widths: &[usize]) -> Vec<String> {
        let mut notes = base::told(&self.source, &self.section, (widths, &self.base_seeds));
        notes.extend(self.remarks());
        if self.recomputed.is_empty() {
            notes.push("activations: kept for the backward pass".to_owned());
        }
        notes
    }

    /// Through which its training is watched and stopped.
    pub fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch)
    }

    /// What a run should tell, a line each.
    fn remarks(&self) -> impl Iterator<Item = String> {
        let recomputed = self.recomputed.iter().map(|(width, why)| {
            format!(
                "activations of width {width}: computed twice, to the same bytes, since keeping them \
                 needs {why}"
            )
        });
        self.data.notes.iter().cloned().chain(recomputed)
    }

    /// What runs of a width and a seed share.
    fn setting<'a>(
        &'a self,
        base: &'a Base,
        model: &'a Model,
        (width, seed): (usize, u64),
    ) -> Setting<'a> {
        let (section, data, keep) = (&self.section, &self.data, self.keep(width));
        Setting { section, data, base, model, seed, keep }
    }

    /// What is kept of a forward pass.
    fn keep(&self, width: usize) -> Keep {
        if self.recomputed.contains_key(&width) { Keep::Inputs } else { Keep::All }
    }

    /// The base of a width for runs of a seed: the one that is there, or made now. Whoever else wants one waits.
    fn base(&self, width: usize, seed: u64) -> Result<Arc<Base>, FinetuneError> {
        let id = (width, self.section.base_seed(seed));
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(base) = bases.get(&id) {
            return Ok(Arc::clone(base));
        }
        let base = Arc::new(base::make(&self.source, &self.section, &self.data, id, &self.watch)?);
        // Its files may have changed since they were looked at first.
        self.data.check(&base.net)?;
        bases.insert(id, Arc::clone(&base));
        Ok(base)
    }

    /// Where that base lies.
    fn place(&self, width: usize, seed: u64) -> PathBuf {
        base::place(&self.source, &self.section, (width, self.section.base_seed(seed)))
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
        self.said.call_once(|| self.remarks().for_each(|line| self.watch.say(&line)));
        let (engine, model, base) = (self, model.clone(), self.base(width, seed)?);
        Ok(Box::new(Prepared { engine, base, model, width, seed }))
    }

    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        let training = self.training(model, width, runs);
        self.on_host(training.max(self.testing(model, width, runs)))
    }
}

#[cfg(test)]
mod tests;
