//! Training, step by step.

use std::sync::{Mutex, PoisonError};

use crate::base::Base;
use crate::batch::{Batch, Sequence};
use crate::dropout::Dropout;
use crate::error::TransformerError;
use crate::generate::{self, Limits};
use crate::loss::Loss;
use crate::model;
use crate::net::Param;
use crate::observe::{FirstNotFinite, Found, Observer};
use crate::pass::{Gradients, Pass, Values};
use crate::run_spec::{RunSpec, Training};
use crate::trained::Trained;

/// A run that is being trained on a base that others may share.
#[derive(Debug)]
pub struct Trainer<'b> {
    /// The frozen model.
    pub base: &'b Base,
    /// What the run has of its own.
    pub trained: Trained,
    training: Training,
    dropout: f32,
}

/// What a step has seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Mean loss of its batches, before the update; NaN if one of them asks for no prediction.
    pub loss: f64,
    /// Norm of the gradient, before it is clipped.
    pub gradient_norm: f64,
    /// The gradients, before they are clipped.
    pub gradients: Gradients,
}

impl<'b> Trainer<'b> {
    /// A LoRA run at its start.
    ///
    /// # Errors
    /// As [`Trained::lora`].
    pub fn new(base: &'b Base, spec: &RunSpec) -> Result<Self, TransformerError> {
        let trained = Trained::lora(base, spec)?;
        Ok(Self { base, trained, training: spec.training, dropout: spec.lora.dropout })
    }

    /// A training of all parameters at its start, with a learning rate for each.
    ///
    /// # Errors
    /// As [`Training::check`].
    pub fn whole(
        base: &'b Base,
        training: Training,
        rate: &dyn Fn(Param) -> f64,
    ) -> Result<Self, TransformerError> {
        training.check()?;
        let trained = Trained::whole(base, &training.rule, rate);
        Ok(Self { base, trained, training, dropout: 0.0 })
    }

    /// What a pass reads, without dropout.
    pub fn pass(&self) -> Pass<'_> {
        Pass {
            net: &self.base.net,
            values: Values { base: &self.base.weights, own: &self.trained.own },
            adapters: &self.trained.adapters,
            wants: &self.trained.wants,
            dropout: None,
            observer: None,
            first_row: 0,
        }
    }

    /// What a pass of the next step reads. `part` numbers the batches of one step.
    fn training_pass(&self, part: usize) -> Pass<'_> {
        let seed = self.training.seed.wrapping_add((part as u64) << 32);
        let dropout = Dropout::new(self.dropout, seed, self.trained.step);
        Pass { dropout, ..self.pass() }
    }

    /// Loss and gradients of a batch, without an update. `part` numbers the batches of one step.
    pub fn gradients(&self, batch: &Batch, part: usize) -> (Loss, Gradients) {
        model::gradients(&self.training_pass(part), batch, self.training.keep)
    }

    /// One update from the mean gradient of some batches: more than one is what PyTorch calls accumulation.
    /// They count alike, whatever they hold. A step without any counts as a step and moves nothing.
    pub fn step(&mut self, batches: &[Batch]) -> Step {
        let factor = self.training.schedule.factor(self.trained.step, self.training.steps);
        self.step_at(factor, batches)
    }

    /// As [`step`](Self::step), with this factor of the learning rates instead of the schedule's.
    pub fn step_at(&mut self, factor: f64, batches: &[Batch]) -> Step {
        let step = self.look(batches);
        self.apply_at(factor, &step);
        step
    }

    /// Mean loss and gradient of some batches, before an update.
    pub fn look(&self, batches: &[Batch]) -> Step {
        let mut sum: Option<(f64, Gradients)> = None;
        for (part, batch) in batches.iter().enumerate() {
            let (loss, gradients) = self.gradients(batch, part);
            match &mut sum {
                None => sum = Some((loss.mean(), gradients)),
                Some((total, all)) => {
                    *total += loss.mean();
                    all.add(&gradients);
                }
            }
        }
        let (total, mut gradients) = sum.unwrap_or((f64::NAN, Gradients::default()));
        let parts = batches.len().max(1) as f64;
        if batches.len() > 1 {
            gradients.scale((1.0 / parts) as f32);
        }
        let gradient_norm = gradients.norm();
        Step { loss: total / parts, gradient_norm, gradients }
    }

    /// The loss that [`look`](Self::look) would see, to the bit, without the gradient.
    pub fn look_at_loss(&self, batches: &[Batch]) -> f64 {
        let loss = |(part, batch)| model::loss(&self.training_pass(part), batch).mean();
        let losses = batches.iter().enumerate().map(loss);
        losses.reduce(|sum, loss| sum + loss).map_or(f64::NAN, |sum| sum / batches.len() as f64)
    }

    /// The update that follows what [`look`](Self::look) has seen.
    pub fn apply(&mut self, step: &Step) {
        let factor = self.training.schedule.factor(self.trained.step, self.training.steps);
        self.apply_at(factor, step);
    }

    fn apply_at(&mut self, factor: f64, step: &Step) {
        // As in PyTorch.
        let ratio = |clip: f64| clip / (step.gradient_norm + 1e-6);
        match self.training.clip.map(ratio).filter(|&ratio| ratio < 1.0) {
            None => self.trained.update(&self.training.rule, factor, &step.gradients),
            Some(ratio) => {
                let mut gradients = step.gradients.clone();
                gradients.scale(ratio as f32);
                self.trained.update(&self.training.rule, factor, &gradients);
            }
        }
    }

    /// The loss on some sequences, which [`Base::check`] takes.
    pub fn loss<'s>(&self, sequences: impl IntoIterator<Item = &'s Sequence>) -> Loss {
        model::loss(&self.pass(), &Batch::new(sequences))
    }

    /// Logits of each slice of a batch, or the last hidden states of a model without a head.
    pub fn outputs(&self, batch: &Batch) -> Vec<Vec<f32>> {
        model::outputs(&self.pass(), batch)
    }

    /// What the model writes behind each prompt, as [`generate::greedy`].
    ///
    /// # Errors
    /// As [`generate::greedy`].
    pub fn greedy(
        &self,
        prompts: &[Vec<u32>],
        limits: &Limits,
    ) -> Result<Vec<Vec<u32>>, TransformerError> {
        generate::greedy(&self.pass(), prompts, limits)
    }

    /// As [`generate::greedy_until`].
    ///
    /// # Errors
    /// As [`generate::greedy`].
    pub fn greedy_until(
        &self,
        prompts: &[Vec<u32>],
        limits: &Limits,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<Vec<u32>>>, TransformerError> {
        generate::greedy_until(&self.pass(), prompts, limits, stopped)
    }

    /// Log-probabilities of the token behind each prompt, as [`generate::log_probabilities`].
    ///
    /// # Errors
    /// As [`generate::log_probabilities`].
    pub fn log_probabilities(
        &self,
        prompts: &[Vec<u32>],
        choices: &[u32],
    ) -> Result<Vec<Vec<f64>>, TransformerError> {
        generate::log_probabilities(&self.pass(), prompts, choices)
    }

    /// A forward pass that is looked at.
    pub fn observe<O: Observer + Send + 'static>(&self, batch: &Batch, observer: O) -> O {
        let observer = Mutex::new(observer);
        let pass = Pass { observer: Some(&observer), ..self.pass() };
        model::loss(&pass, batch);
        observer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the first module whose outputs on a batch are not finite; none if all are.
    pub fn first_not_finite(&self, batch: &Batch) -> Option<String> {
        Some(match self.observe(batch, FirstNotFinite::default()).found? {
            Found::Site(site) => self.base.net.sites[site.0].name.clone(),
            Found::Other(name) => name,
        })
    }
}
