//! A base model with a seed, and the training of runs on it.

use std::sync::Arc;

use lora_sim::spec::{Model, Run, Training};
use lora_sim::{Batch, Engine, Frozen, Outcome, Problem, SimError, Trajectory};
use lora_store::error::StoreError;
use lora_store::stored::RunSetting;
use lora_transformer::base::Base;
use rayon::prelude::*;

use super::run::{Beside, Setting};
use super::run_state::RunState;
use super::{FinetuneError, TransformerEngine};

/// A base with a seed.
pub struct Prepared<'e> {
    pub engine: &'e TransformerEngine,
    pub base: Arc<Base>,
    pub model: Model,
    pub width: usize,
    pub seed: u64,
}

impl Prepared<'_> {
    fn setting(&self) -> Setting<'_> {
        self.engine.setting(&self.base, &self.model, (self.width, self.seed))
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
