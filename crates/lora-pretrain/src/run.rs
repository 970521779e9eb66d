//! The pretraining itself.

use std::path::PathBuf;

use lora_transformer::base::Base;
use lora_transformer::batch::Batch;
use lora_transformer::error::TransformerError;
use lora_transformer::order::Order;
use lora_transformer::trainer::Trainer;
use lora_transformer::weight::Weight;

use crate::corpus::{Corpus, Windows};
use crate::recipe::Recipe;
use crate::saved;

/// Where a pretraining keeps its state, to go on if it is ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    /// The file. It stays when the pretraining is done, until the caller has kept the model.
    pub path: PathBuf,
    /// Updates between two writings.
    pub every: usize,
}

/// How far a pretraining is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Updates made.
    pub step: usize,
    /// Updates to make.
    pub steps: usize,
    /// Loss of the last batch, before its update.
    pub loss: f64,
}

/// How a pretraining ends.
#[derive(Debug)]
pub enum Outcome {
    /// The model is there.
    Finished(Box<Pretrained>),
    /// The caller has stopped it. The state is kept, if it was to be kept.
    Stopped {
        /// Updates made.
        step: usize,
    },
    /// A loss is not finite: there is no model.
    Diverged {
        /// Updates made before that loss.
        step: usize,
        /// The first module whose outputs are not finite.
        module: Option<String>,
    },
}

/// A model that was pretrained here.
#[derive(Debug)]
pub struct Pretrained {
    /// The model.
    pub base: Base,
    /// What it was made from.
    pub recipe: Recipe,
    /// [`Recipe::id`].
    pub id: String,
    /// Loss of each update's batch, before the update.
    pub curve: Vec<f64>,
    /// Mean loss on the windows that are held out.
    pub held_out: f64,
}

/// Pretrains a model, or goes on with the pretraining whose state is kept. The model's bytes are the same
/// either way. `progress` hears of each update; `stop` is asked before each.
///
/// # Errors
/// [`TransformerError::OutOfRange`] for a recipe that is out of its range or that does not fit the text;
/// [`TransformerError::State`] if the state cannot be read or written, or belongs to another recipe or text.
pub fn pretrain(
    recipe: &Recipe,
    corpus: &Corpus,
    progress: &mut dyn FnMut(Progress),
    stop: &dyn Fn() -> bool,
    saving: Option<&Saving>,
) -> Result<Outcome, TransformerError> {
    let initial = recipe.initial()?;
    let windows = corpus.windows(recipe.vocabulary, recipe.context)?;
    let id = recipe.id(corpus);
    let trainer = recipe.trainer(&initial)?;
    let mut run = Run { recipe, id: &id, windows: &windows, saving, trainer, curve: Vec::new() };
    run.go_on()?;
    if let Some(end) = run.train(progress, stop)? {
        return Ok(end);
    }
    let held_out = run.trainer.loss(&windows.held_out).mean();
    if !held_out.is_finite() {
        return Ok(run.diverged(&Batch::new(&windows.held_out)));
    }
    let Run { trainer, curve, .. } = run;
    // A trained weight is kept in the layout of the base's.
    let weights = trainer.trained.own.into_values().map(Weight::of).collect();
    let base = Base { weights, ..initial };
    let recipe = recipe.clone();
    Ok(Outcome::Finished(Box::new(Pretrained { base, recipe, id, curve, held_out })))
}

/// A pretraining on its way.
struct Run<'r> {
    recipe: &'r Recipe,
    id: &'r str,
    windows: &'r Windows,
    saving: Option<&'r Saving>,
    trainer: Trainer<'r>,
    curve: Vec<f64>,
}

impl Run<'_> {
    fn go_on(&mut self) -> Result<(), TransformerError> {
        let Some(saving) = self.saving else { return Ok(()) };
        if let Some(curve) = saved::read(&saving.path, self.id, &mut self.trainer.trained)? {
            self.curve = curve;
        }
        Ok(())
    }

    fn save(&self) -> Result<(), TransformerError> {
        match self.saving {
            Some(saving) => saved::write(&saving.path, self.id, &self.trainer.trained, &self.curve),
            None => Ok(()),
        }
    }

    /// Makes the updates; gives how it ended before its time, if it did.
    fn train(
        &mut self,
        progress: &mut dyn FnMut(Progress),
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Outcome>, TransformerError> {
        let (steps, all) = (self.recipe.steps, &self.windows.training);
        let mut order = Order::new(all.len(), self.recipe.batch, self.recipe.seed);
        let every = self.saving.map_or(usize::MAX, |saving| saving.every.max(1));
        for step in self.trainer.trained.step..steps {
            if stop() {
                self.save()?;
                return Ok(Some(Outcome::Stopped { step }));
            }
            let batch = Batch::new(order.step(step).iter().map(|&index| &all[index as usize]));
            let batch = [batch];
            let loss = self.trainer.step(&batch).loss;
            if !loss.is_finite() {
                return Ok(Some(self.diverged(&batch[0])));
            }
            self.curve.push(loss);
            progress(Progress { step: step + 1, steps, loss });
            if (step + 1).is_multiple_of(every) || (step + 1 == steps && self.saving.is_some()) {
                self.save()?;
            }
        }
        Ok(None)
    }

    fn diverged(&self, batch: &Batch) -> Outcome {
        let module = self.trainer.first_not_finite(batch);
        Outcome::Diverged { step: self.curve.len(), module }
    }
}
