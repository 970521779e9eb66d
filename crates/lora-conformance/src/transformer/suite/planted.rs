//! Negative controls: the engine itself with one small fault must fail the suite.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lora_sim::spec::{Optimizer, Trained};
use ndarray::Array2;

use super::*;
use crate::transformer::engine::{
    Dropout, Forward, How, LoraEngine, Model, Operation, Run, Training,
};
use crate::transformer::inputs::{Adapter, Gradients, Sequence};

/// One small fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// s off by 0.2%.
    Scaling,
    /// One gradient of a norm is off by 1%.
    Norm,
    /// η_B off by 0.1%.
    Rate,
    /// β2 off by 0.001.
    SecondMoment,
    /// The backward pass has another mask than the forward pass.
    Mask,
    /// The backward pass of every piece is off by 1%.
    Piece,
    /// One bit depends on the number of threads.
    Threads,
    /// One bit depends on whether the forward pass is computed again.
    Recompute,
    /// One bit of the logits depends on the tokens of another sequence.
    BatchMates,
    /// Masked places are learned, too.
    Masks,
    /// The module behind the sick one is named.
    Name,
    /// Both factors are trained, whatever is asked for.
    TrainsBoth,
    /// A factor that is not trained has 0 added to it, which takes the sign from a zero.
    AddsZero,
    /// A run that should go on begins anew.
    Forgets,
}

struct Faulty<'e>(&'e dyn LoraEngine, Fault);

/// One unit in the last place of a f32.
fn nudge(value: &mut f64) {
    *value = f64::from(f32::from_bits((*value as f32).to_bits() ^ 1));
}

fn scaled(adapters: &[Adapter]) -> Vec<Adapter> {
    let one = |one: &Adapter| Adapter { scaling: one.scaling * 1.002, ..one.clone() };
    adapters.iter().map(one).collect()
}

impl Faulty<'_> {
    /// Hands a model to `with`, which a fault may have changed.
    fn on<R>(&self, model: &Model, with: impl FnOnce(&Model) -> R) -> R {
        match self.1 {
            Fault::Scaling => with(&Model { adapters: &scaled(model.adapters), ..*model }),
            _ => with(model),
        }
    }
}

impl LoraEngine for Faulty<'_> {
    fn forward(&self, model: &Model, batch: &[Sequence], how: How) -> Forward {
        let mut seen = self.on(model, |model| self.0.forward(model, batch, how));
        let last = batch.last().map_or(0, |sequence| sequence.ids[0]);
        if self.1 == Fault::BatchMates && last.is_multiple_of(2) {
            nudge(&mut seen.logits[0][(0, 0)]);
        }
        if self.1 == Fault::Name {
            seen.not_finite = seen.not_finite.map(|name| format!("{name}.next"));
        }
        seen
    }

    fn gradients(&self, model: &Model, batch: &[Sequence], how: How) -> Gradients {
        let dropout = match (self.1, model.dropout) {
            (Fault::Mask, Some(mask)) => Some(Dropout { seed: mask.seed + 1, ..mask }),
            (_, mask) => mask,
        };
        let asked: Vec<Sequence> = match self.1 {
            Fault::Masks => batch.iter().map(without_masks).collect(),
            _ => batch.to_vec(),
        };
        let model = Model { dropout, ..*model };
        let mut found = self.on(&model, |model| self.0.gradients(model, &asked, how));
        let odd = match self.1 {
            Fault::Threads => how.threads == 3,
            Fault::Recompute => how.recompute,
            _ => false,
        };
        if odd {
            nudge(&mut found.adapters[0].1[(0, 0)]);
        }
        let norm = |name: &&String| name.to_lowercase().contains("norm");
        let norm = found.weights.keys().find(norm).cloned();
        if let (Fault::Norm, Some(gradient)) =
            (self.1, norm.and_then(|name| found.weights.get_mut(&name)))
        {
            *gradient *= 1.01;
        }
        found
    }

    fn train(
        &self,
        model: &Model,
        training: &Training,
        batches: &[Vec<Sequence>],
        from: Option<&[u8]>,
        how: How,
    ) -> Run {
        let mut training = training.clone();
        match self.1 {
            Fault::Rate => training.rates[1] *= 1.001,
            Fault::SecondMoment => shift_beta2(&mut training.optimizer),
            Fault::TrainsBoth => training.train = Trained::AB,
            _ => {}
        }
        let from = from.filter(|_| self.1 != Fault::Forgets);
        let train = |model: &Model| self.0.train(model, &training, batches, from, how);
        let mut run = self.on(model, train);
        if self.1 == Fault::Threads && how.threads == 3 {
            nudge(&mut run.steps[0].loss);
        }
        if self.1 == Fault::AddsZero {
            let all = run.steps.iter_mut().flat_map(|step| &mut step.adapters);
            all.for_each(|(a, b)| [a, b].into_iter().for_each(|factor| *factor += 0.0));
        }
        run
    }

    fn operation(
        &self,
        model: &Model,
        operation: &Operation,
        lengths: &[usize],
        x: &Array2<f64>,
        g: &Array2<f64>,
    ) -> Option<[Array2<f64>; 2]> {
        let [y, dx] = self.0.operation(model, operation, lengths, x, g)?;
        Some([y, if self.1 == Fault::Piece { dx * 1.01 } else { dx }])
    }
}

fn without_masks(sequence: &Sequence) -> Sequence {
    use crate::transformer::inputs::Target;
    let mut sequence = sequence.clone();
    if let Target::Next(next) = &mut sequence.target {
        next.iter_mut().for_each(|next| *next = next.or(Some(2)));
    }
    sequence
}

fn shift_beta2(optimizer: &mut Optimizer) {
    if let Optimizer::Adam { beta2, .. } | Optimizer::AdamW { beta2, .. } = optimizer {
        *beta2 -= 0.001;
    }
}

type Check = fn(&dyn LoraEngine);

/// Which checks a fault must fail.
const CONTROLS: [(Fault, Check); 19] = [
    (Fault::Scaling, logits_agree_with_the_reference),
    (Fault::Scaling, losses_and_all_gradients_agree_with_the_reference),
    (Fault::Scaling, every_step_agrees_with_the_reference),
    (Fault::Norm, losses_and_all_gradients_agree_with_the_reference),
    (Fault::Rate, every_step_agrees_with_the_reference),
    (Fault::SecondMoment, every_step_agrees_with_the_reference),
    (Fault::Mask, gradients_are_those_of_the_loss_with_the_same_mask),
    (Fault::Piece, operations_are_adjoint),
    (Fault::Threads, neither_threads_nor_recomputation_change_a_byte),
    (Fault::Threads, a_run_does_not_depend_on_how_it_is_computed),
    (Fault::Recompute, neither_threads_nor_recomputation_change_a_byte),
    (Fault::BatchMates, batch_mates_change_no_byte),
    (Fault::Masks, masked_places_count_for_nothing),
    (Fault::Name, the_module_of_a_planted_weight_is_named),
    (Fault::Name, the_module_of_a_planted_factor_is_named),
    (Fault::TrainsBoth, a_factor_that_is_not_trained_keeps_its_bits),
    (Fault::TrainsBoth, every_step_of_one_factor_agrees_with_the_reference),
    (Fault::AddsZero, a_factor_that_is_not_trained_keeps_its_bits),
    (Fault::Forgets, a_run_continued_from_its_state_is_the_same_run),
];

/// The engine with a planted fault fails what it must fail. This says something of an engine that passes
/// these checks without a fault.
pub fn planted_errors_are_caught(engine: &dyn LoraEngine) {
    for (fault, check) in CONTROLS {
        let faulty = Faulty(engine, fault);
        let caught = catch_unwind(AssertUnwindSafe(|| check(&faulty)));
        assert!(caught.is_err(), "an engine with the fault {fault:?} passes a check");
    }
}
