//! The engine that trains transformers: base models, their text, and LoRA runs on them.
//!
//! A problem is a width and a seed. All seeds of a width share the base model, which is a checkpoint or is
//! pretrained once and kept; the seed draws the adapters and the order of the training sequences.

mod adapters;
mod allocator;
mod base;
mod data;
mod digest;
mod error;
mod needs;
mod pairs;
mod run;
mod source;

pub use error::FinetuneError;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, Once, PoisonError};

use lora_experiment::experiment::{Experiment, TransformerSection};
use lora_sim::spec::Model;
use lora_sim::{Batch, Engine, Frozen, Memory, Outcome, Problem, SimError};
use lora_transformer::base::Base;
use lora_transformer::batch::largest_slice;
use lora_transformer::model::Keep;
use rayon::prelude::*;

use crate::progress::tell;
use data::Data;
use needs::Passes;
use source::Source;

/// Version of what this engine computes, beside that of pretrained models. Raise it by hand whenever any
/// bit of a result changes.
pub const NUMERICS: u32 = 2;

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
    /// Widths whose bases were not there at the beginning.
    absent: BTreeSet<usize>,
    /// Widths at which little of a forward pass is kept, and why.
    recomputed: BTreeMap<usize, String>,
    /// What there is to say before the first run.
    said: Once,
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
        let data = Data::read(&section, &source)?;
        // Names do not depend on the width, which is the smallest here where models are made.
        let net = source.net(&section, section.head_dim, data.labels);
        adapters::check(&section, &experiment.model(), &net)?;
        data.check(&net)?;
        let training = &experiment.training;
        let records = training.steps / training.record_every + 2;
        let absent = |width: &usize| base::is_to_be_made(&source, &section, *width);
        let absent = experiment.model.widths.iter().copied().filter(absent).collect();
        let (bases, recomputed, said) = (Mutex::default(), BTreeMap::new(), Once::new());
        Ok(Self { section, source, data, records, bases, absent, recomputed, said })
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
        let mut notes = base::told(&self.source, &self.section, widths);
        notes.extend(self.remarks());
        if self.recomputed.is_empty() {
            notes.push("activations: kept for the backward pass".to_owned());
        }
        notes
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

    /// What is kept of a forward pass.
    fn keep(&self, width: usize) -> Keep {
        if self.recomputed.contains_key(&width) { Keep::Inputs } else { Keep::All }
    }

    /// Bytes of the base, of passes and of states, while LoRA is trained or the base is pretrained.
    fn training(&self, model: &Model, width: usize, runs: usize) -> f64 {
        let section = &self.section;
        let config = &self.source.config(section, width);
        let threads = rayon::current_num_threads() as f64;
        let adapted = self.adapted(model, width);
        let longest = self.data.longest();
        let lora = Passes {
            config,
            threads,
            rows: largest_slice(section.batch.min(self.data.train.len()), longest),
            longest,
            features: adapted.features / config.depth as f64,
            keep: self.keep(width),
        };
        let [weights, widened] = self.source.weights(config, threads);
        let states = needs::states(adapted.entries, runs, threads);
        let measured = (runs * self.records) as f64 * adapted.modules * MEASURED;
        let lora = weights + widened + lora.bytes() + states + measured;
        if !self.absent.contains(&width) {
            return lora;
        }
        let rows = largest_slice(section.pretrain_batch, section.context);
        let (longest, keep) = (section.context, Keep::All);
        let passes = Passes { config, threads, rows, longest, features: 0.0, keep };
        lora.max(needs::pretraining(config) + passes.bytes())
    }

    fn adapted(&self, model: &Model, width: usize) -> Adapted {
        let net = self.source.net(&self.section, width, self.data.labels);
        let mut adapted = Adapted::default();
        // Whether there are such modules was checked before.
        for place in adapters::places_of(&self.section, model, &net).unwrap_or_default() {
            let (info, rank) = (&net.sites[place.site.0], place.rank as f64);
            adapted.modules += 1.0;
            adapted.features += rank;
            adapted.entries += rank * (info.inputs + info.outputs) as f64;
        }
        adapted
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

/// What LoRA adapts.
#[derive(Default)]
struct Adapted {
    modules: f64,
    /// r, summed over modules.
    features: f64,
    /// Entries of all A and B.
    entries: f64,
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
        self.said.call_once(|| self.remarks().for_each(|line| tell(&line)));
        let base = self.base(width).map_err(|error| SimError::Base(error.to_string()))?;
        let (engine, model) = (self, model.clone());
        Ok(Box::new(Prepared { engine, base, model, seed, keep: self.keep(width) }))
    }

    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        let data = TOKEN * self.data.tokens() as f64;
        // A number beyond the largest integer is the largest integer.
        Memory::on_host((data + self.training(model, width, runs)) as u64)
    }
}

/// A base with a seed.
struct Prepared<'e> {
    engine: &'e TransformerEngine,
    base: Arc<Base>,
    model: Model,
    seed: u64,
    keep: Keep,
}

impl Problem for Prepared<'_> {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        if batch.starts.is_some() || batch.keep_states {
            let (key, value) = ("starts", "some".to_owned());
            return Err(SimError::Invalid { key, value, valid: "none for a transformer" });
        }
        let TransformerEngine { section, data, .. } = self.engine;
        let Self { base, model, seed, keep, .. } = self;
        let setting = run::Setting { section, data, base, model, seed: *seed, keep: *keep };
        let one = |run| setting.train(batch.training, run);
        let trained: Result<Vec<_>, FinetuneError> = batch.runs.par_iter().map(one).collect();
        let trained = trained.map_err(|error| SimError::Base(error.to_string()))?;
        Ok(trained.into_iter().map(|trajectory| Outcome { trajectory, state: None }).collect())
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        Err(SimError::Base("a transformer is no student of the synthetic model".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use lora_sim::Trajectory;
    use lora_sim::spec::{Init, Run};
    use lora_types::ModelKind;
    use tempfile::TempDir;

    use super::*;

    /// A small experiment whose base lies in a folder.
    fn experiment(dir: &TempDir) -> Experiment {
        let mut e = Experiment::default();
        (e.model.kind, e.model.widths, e.model.rank) = (ModelKind::Transformer, vec![16], 2);
        (e.training.steps, e.training.record_every) = (3, 1);
        let t = &mut e.transformer;
        (t.depth, t.head_dim, t.vocabulary, t.context) = (3, 8, 257, 24);
        (t.pretrain_steps, t.pretrain_batch, t.batch, t.test_sequences) = (2, 2, 3, 4);
        t.bases = dir.path().join("bases").display().to_string();
        e
    }

    fn trained(engine: &TransformerEngine, e: &Experiment) -> Trajectory {
        let mut problem = engine.prepare(&e.model(), 16, 0).expect("a base");
        let run = Run { init: Init::A, lr: 1e-2, adapter_seed: 0 };
        let training = e.training();
        let batch = Batch { training: &training, runs: &[run], starts: None, keep_states: false };
        problem.train(&batch).expect("a run").remove(0).trajectory
    }

    fn engine(e: &Experiment) -> TransformerEngine {
        TransformerEngine::new(e).expect("an engine")
    }

    #[test]
    fn what_is_computed_twice_has_the_same_bytes_takes_less_and_is_told() {
        let dir = TempDir::new().expect("a directory");
        let e = experiment(&dir);
        let (all, mut less) = (engine(&e), engine(&e));
        less.keep_what_fits(&[16], |_, width| Some(format!("too much at {width}")));
        assert_eq!([&all, &less].map(|engine| engine.keep(16)), [Keep::All, Keep::Inputs]);
        assert_eq!(all.numerics(), less.numerics(), "no part of the run key");
        let told = |engine: &TransformerEngine| engine.notes(&[16]).join("\n");
        assert!(told(&all).ends_with("activations: kept for the backward pass"));
        assert!(
            told(&less).ends_with("since keeping them needs too much at 16"),
            "{}",
            told(&less)
        );
        let [one, other] = [&all, &less].map(|engine| trained(engine, &e));
        assert!(one.losses.len() == 4 && format!("{one:?}") == format!("{other:?}"));
        // The base is there now.
        let bytes = |engine: &TransformerEngine| engine.memory(&e.model(), 16, 1).host;
        let (all, mut less) = (engine(&e), engine(&e));
        less.keep_what_fits(&[16], |_, _| Some(String::new()));
        assert!(bytes(&all) > bytes(&less));
    }

    /// Three examples with answers, of which one is too long; and one whose prompt is.
    const PAIRS: &str = r#"{"question": "1 + 1?", "answer": "2"}
{"question": "2 + 2?", "answer": "that is four, and not five"}
{"question": "2 + 3?", "answer": "5"}
{"question": "How much is one and one and one and one?", "answer": "4"}
"#;

    /// An engine on prompts that are short enough for a context of 24 tokens.
    fn on_pairs(dir: &TempDir, change: impl Fn(&mut TransformerSection)) -> TransformerEngine {
        let path = dir.path().join("train.jsonl");
        fs::write(&path, PAIRS).expect("a file");
        let mut e = experiment(dir);
        e.transformer.train_data = path.display().to_string();
        e.transformer.test_data = path.display().to_string();
        e.transformer.prompt = "{question} ".to_owned();
        change(&mut e.transformer);
        engine(&e)
    }

    #[test]
    fn templates_masks_and_data_tell_runs_apart() {
        let dir = TempDir::new().expect("a directory");
        let plain = on_pairs(&dir, |_| ());
        assert_eq!((plain.data.train.len(), plain.data.test.len()), (3, 3));
        let notes = &plain.data.notes;
        let told = "of 4 examples 1 is cut at 24 tokens, and 1 is left out, whose prompt leaves no \
                    room for an answer";
        let of = |key: &str| format!("transformer.{key}: {told}");
        assert_eq!(notes[..], [of("train_data"), of("test_data")]);
        let others: [&dyn Fn(&mut TransformerSection); 3] =
            [&|t| t.learn_prompt = true, &|t| t.prompt = "{question}".to_owned(), &|t| {
                t.answer = " {answer}".to_owned()
            }];
        let digests: BTreeSet<String> = others
            .iter()
            .map(|change| on_pairs(&dir, change).data.digest())
            .chain([plain.data.digest()])
            .collect();
        assert_eq!(digests.len(), 4, "{digests:?}");
    }

    /// With and without the prompts' tokens, what is held out asks for answers alone.
    #[test]
    fn prompts_are_learned_where_this_is_asked_for_and_never_tested() {
        let dir = TempDir::new().expect("a directory");
        let counts = |engine: &TransformerEngine| {
            let count = |all: &[lora_transformer::batch::Sequence]| {
                all.iter().map(lora_transformer::batch::Sequence::targets).collect::<Vec<_>>()
            };
            (count(&engine.data.train), count(&engine.data.test))
        };
        let (train, test) = counts(&on_pairs(&dir, |_| ()));
        // One byte of an answer and the end of the text; what is left of 24 tokens behind 7.
        assert_eq!((&train[..], &test[..]), (&[2, 17, 2][..], &[2, 17, 2][..]));
        let (train, test) = counts(&on_pairs(&dir, |t| t.learn_prompt = true));
        assert_eq!((&train[..], &test[..]), (&[8, 23, 8][..], &[2, 17, 2][..]));
    }
}
