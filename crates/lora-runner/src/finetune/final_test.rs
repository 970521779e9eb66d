//! The final test of a run: it is trained again and measured on data that no search sees.

use std::sync::Arc;

use lora_data::{Asked, Measured};
use lora_sim::spec::{Model, Run, Training};
use lora_sim::{Engine, Memory, Problem, SimError, Trajectory};
use lora_store::stored::{FinalResult, Hash};
use lora_transformer::trained::Trained;
use lora_transformer::trainer::Trainer;

use super::TransformerEngine;
use super::error::FinetuneError;
use super::run::Beside;
use super::run_state::RunState;

impl TransformerEngine {
    /// The digest of the data of the final test; none where there is no such test.
    pub fn final_data(&self) -> Option<String> {
        self.data.final_digest()
    }

    /// Trains a run alone, of the problem of a width and of the run's seed, and measures it on the final
    /// data if it comes out as `stored` says; none if it does not. Its state is kept under `key` meanwhile, from
    /// which its training goes on after a stop; measuring begins anew.
    ///
    /// # Errors
    /// [`FinetuneError::Stopped`] if whoever watches said so, and others where the base cannot be had.
    pub fn final_test(
        &self,
        (model, width): (&Model, usize),
        training: &Training,
        (run, key): (&Run, Hash),
        stored: impl FnOnce(&Trajectory) -> bool,
    ) -> Result<Option<FinalResult>, FinetuneError> {
        let (base, numerics) = (self.base(width, run.adapter_seed)?, self.numerics());
        let setting = self.setting(&base, model, (width, run.adapter_seed));
        let state = RunState::new(&self.watch, key, &numerics);
        let mut last: Option<Trained> = None;
        let mut measured = |trained: &Trained, _: &Trajectory| last = Some(trained.clone());
        let (watch, state) = (&*self.watch, state.as_ref());
        let beside = Beside { watch, state, measured: Some(&mut measured) };
        if !stored(&setting.train(training, run, beside)?) {
            return Ok(None);
        }
        let mut trainer = Trainer::new(&base, &setting.spec(training, run))?;
        trainer.trained = last.ok_or(FinetuneError::NothingMeasured)?;
        self.on_final_data(&trainer).map(Some)
    }

    fn on_final_data(&self, trainer: &Trainer) -> Result<FinalResult, FinetuneError> {
        let test = self.data.final_test.as_ref().ok_or(FinetuneError::NothingMeasured)?;
        let mut all = Measured::default();
        let stopped = || self.watch.stopped();
        for part in test.parts() {
            if stopped() {
                return Err(FinetuneError::Stopped);
            }
            let found = test.measure(trainer, self.source.tokenizer(), part, &stopped)?;
            all += found.ok_or(FinetuneError::Stopped)?;
        }
        let loss = &all.loss;
        let pairs = matches!(test.asked, Asked::Pairs | Asked::Answers(_));
        Ok(FinalResult {
            loss: loss.mean(),
            accuracy: loss.accuracy(),
            exact: pairs.then(|| loss.exact_match()),
            generated_exact: matches!(test.asked, Asked::Answers(_)).then(|| all.share()),
            choice_accuracy: matches!(test.asked, Asked::Letters(_)).then(|| all.share()),
            sequences: test.sequences.len() as u64,
            predictions: loss.count as u64,
            right: all.right,
        })
    }
}

/// An engine that several have: whoever trains, and whoever tests.
pub struct Shared(pub Arc<TransformerEngine>);

impl Engine for Shared {
    fn describe(&self) -> String {
        self.0.describe()
    }

    fn numerics(&self) -> String {
        self.0.numerics()
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        self.0.prepare(model, width, seed)
    }

    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        self.0.memory(model, width, runs)
    }
}

/// Where the state of a run lies while it is trained again for a test on these data: not where the state of
/// the run itself does, which nobody needs once it is stored.
pub fn state_key(run: &Hash, data: &str) -> Hash {
    use sha2::{Digest, Sha256};
    Sha256::digest([&run[..], b"final test on ", data.as_bytes()].concat()).into()
}
