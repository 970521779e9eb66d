//! Short runs, step by step. Each step is compared from the state that the engine itself has reached, so
//! that roundings do not add up: signs of tiny gradients, on which Adam acts, would differ.

use lora_sim::spec::{Init, Optimizer, Trained};
use ndarray::Array2;

use super::values::TOLERANCE;
use super::{Problem, TARGETS, distance};
use crate::cases::{INITS, OPTIMIZERS};
use crate::reference::update;
use crate::transformer::difference::norm;
use crate::transformer::engine::{How, LoraEngine, Pairs, Step, Training};
use crate::transformer::inputs::{Adapter, Sequence};
use crate::transformer::model;

/// Updates of a run.
const STEPS: usize = 3;

/// η_B / η_A.
const RATIO: f64 = 1.5;

/// Roundings of an updated entry, in shares of the entry and of its change; and in shares of η, since the
/// terms of a moment may cancel.
const OF_ENTRY: f64 = 2.4e-7;
const OF_CHANGE: f64 = 2e-5;
const OF_RATE: f64 = 3e-7;

/// A training of both factors.
pub(super) fn training((optimizer, lr): (Optimizer, f64), train: Trained) -> Training {
    Training { optimizer, rates: [lr, RATIO * lr], train }
}

/// A batch for each update, all of them different.
pub(super) fn batches(problem: &Problem, count: usize) -> Vec<Vec<Sequence>> {
    let one = |step: usize| {
        let rotated = problem.batch.iter().cycle().skip(step).take(problem.batch.len() - step % 2);
        rotated.cloned().collect()
    };
    (0..count).map(one).collect()
}

/// Losses, gradients and adapters of every step of short runs: every family with all targets, inits and
/// optimisers.
pub fn every_step_agrees_with_the_reference(engine: &dyn LoraEngine) {
    for problem in Problem::all() {
        for targets in TARGETS {
            for init in INITS {
                let problem = problem.clone().on(targets).under(init);
                for rule in OPTIMIZERS {
                    let name =
                        format!("{}, {targets:?}, {init:?}, {:?}", problem.case.name, rule.0);
                    steps_agree(&name, engine, &problem, &training(rule, Trained::AB));
                }
            }
        }
    }
}

/// The same of one factor alone.
pub fn every_step_of_one_factor_agrees_with_the_reference(engine: &dyn LoraEngine) {
    for problem in Problem::all().map(|problem| problem.under(Init::AB)) {
        for (train, rule) in [Trained::A, Trained::B].into_iter().zip(OPTIMIZERS) {
            let name = format!("{}, {train:?} trained, {:?}", problem.case.name, rule.0);
            steps_agree(&name, engine, &problem, &training(rule, train));
        }
    }
}

fn steps_agree(name: &str, engine: &dyn LoraEngine, problem: &Problem, training: &Training) {
    let batches = batches(problem, STEPS);
    let run = engine.train(&problem.model(), training, &batches, None, How::USUAL);
    assert_eq!(run.steps.len(), STEPS, "{name}: steps");
    let mut exact = Exact::new(problem, training);
    for (step, batch) in run.steps.iter().zip(&batches) {
        exact.step(name, step, batch);
    }
}

/// What the reference makes of the engine's state.
struct Exact<'p> {
    problem: &'p Problem,
    training: &'p Training,
    /// The engine's, before the next update.
    adapters: Vec<Adapter>,
    /// Of the engine's gradients, in f64.
    moments: Vec<[[Array2<f64>; 2]; 2]>,
    updates: usize,
}

impl<'p> Exact<'p> {
    fn new(problem: &'p Problem, training: &'p Training) -> Self {
        let zeros = |of: &Array2<f64>| [0, 1].map(|_| Array2::zeros(of.raw_dim()));
        let moments = problem.adapters.iter().map(|one| [zeros(&one.a), zeros(&one.b)]).collect();
        let adapters = problem.adapters.clone();
        Self { problem, training, adapters, moments, updates: 0 }
    }

    fn step(&mut self, name: &str, step: &Step, batch: &[Sequence]) {
        let Problem { case, weights, .. } = self.problem;
        let exact = model::gradients(&case.config, weights, &self.adapters, case.head, batch);
        let at = format!("{name}, step {}", self.updates);
        let off = (step.loss / exact.loss - 1.0).abs();
        assert!(off < TOLERANCE, "{at}: loss {off:e} from the reference");
        self.gradients(&at, &step.gradients, &exact.adapters);
        self.updates += 1;
        for place in 0..self.adapters.len() {
            self.update(&at, place, step);
        }
    }

    /// Whether A and B are trained.
    fn trained(&self) -> [bool; 2] {
        [self.training.train.a(), self.training.train.b()]
    }

    fn gradients(&self, at: &str, found: &Pairs, exact: &Pairs) {
        assert_eq!(found.len(), exact.len(), "{at}: adapters");
        let all = exact.iter().flat_map(|(a, b)| [norm(a), norm(b)]);
        let floor = 1e-2 * all.fold(0.0, f64::max);
        for (place, ((a, b), exact)) in found.iter().zip(exact).enumerate() {
            for ((found, exact), trained) in
                [(a, &exact.0), (b, &exact.1)].into_iter().zip(self.trained())
            {
                if trained {
                    let off = distance(found, exact, floor);
                    let module = &self.adapters[place].module;
                    assert!(
                        off < TOLERANCE,
                        "{at}: gradients of {module} {off:e} from the reference"
                    );
                }
            }
        }
    }

    /// One update by the engine's own gradients.
    fn update(&mut self, at: &str, place: usize, step: &Step) {
        let [trains_a, trains_b] = self.trained();
        let Training { optimizer, rates, .. } = self.training;
        let (Adapter { module, a, b, .. }, gradients) =
            (&mut self.adapters[place], &step.gradients[place]);
        let found = &step.adapters[place];
        let parts = [
            (trains_a, a, &gradients.0, &found.0, rates[0]),
            (trains_b, b, &gradients.1, &found.1, rates[1]),
        ];
        for ((trained, before, g, found, lr), moments) in
            parts.into_iter().zip(&mut self.moments[place])
        {
            let mut exact = before.clone();
            if trained {
                update(optimizer, &mut exact, moments, g, lr, self.updates);
            }
            for ((&found, &exact), &before) in found.iter().zip(&exact).zip(before.iter()) {
                let bound = OF_ENTRY * exact.abs().max(before.abs())
                    + OF_CHANGE * (exact - before).abs()
                    + OF_RATE * lr * f64::from(u8::from(trained));
                assert!(
                    (found - exact).abs() <= bound,
                    "{at}: {module} went from {before} to {found}, the reference to {exact}"
                );
            }
            before.assign(found);
        }
    }
}
