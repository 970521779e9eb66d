//! Single steps and short trajectories against the reference.

use lora_sim::spec::{Init, Model, Optimizer, Run, Training};
use lora_sim::{AdapterState, Engine, Problem};
use ndarray::Array2;

use super::{for_each_case, is_moderate, one};
use crate::cases::{Case, run, training};
use crate::reference::{Reference, State};
use crate::tolerance::{Allowance, allowance, unit};

/// Steps of the trajectories.
const STEPS: usize = 12;

/// Starts each step from the reference's state, and compares moments and parameters after the step.
pub fn every_step_agrees_with_the_reference(engine: &dyn Engine) {
    for_each_case(engine, |name, model, reference, problem, optimizer, run| {
        steps_agree(name, model, reference, problem, &training(optimizer, 1), run, None);
    });
}

/// The same for one size, optimizer (with its learning rate) and init.
pub fn one_case_agrees(
    engine: &dyn Engine,
    model: &Model,
    width: usize,
    (optimizer, lr): (Optimizer, f64),
    init: Init,
) {
    let mut problem = engine.prepare(model, width, 7).expect("a small problem");
    let reference = Reference::new(model, &problem.frozen().expect("in memory"));
    let name = format!("n {width}, {model:?}, {optimizer:?}, {init:?}");
    let run = run(init, lr);
    let training = training(optimizer, 1);
    steps_agree(&name, model, &reference, problem.as_mut(), &training, &run, None);
}

/// Compares each step with a reference whose neurons and samples are in another order: the order may
/// change results by rounding only. An engine's frozen student cannot be reordered, so its step in one
/// order is compared with the formulas in the other.
pub fn order_changes_only_rounding(
    engine: &dyn Engine,
    case: &Case,
    neurons: &[usize],
    samples: &[usize],
) {
    let mut problem = case.prepare(engine);
    let reference = case.reference(problem.as_ref()).reordered(neurons, samples);
    let name = format!("{case:?}");
    let training = training(case.training.optimizer, 1);
    let (problem, run) = (problem.as_mut(), &case.run);
    steps_agree(&name, &case.model, &reference, problem, &training, run, Some(neurons));
}

/// The inverse permutation: place `order[i]` gets i.
fn inverse(order: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; order.len()];
    order.iter().enumerate().for_each(|(i, &from)| inverse[from] = i);
    inverse
}

/// Four steps of `training`, each a training of its own. `neurons` is the reference's order of
/// neurons where it is not the engine's.
pub(super) fn steps_agree(
    name: &str,
    model: &Model,
    reference: &Reference,
    problem: &mut dyn Problem,
    training: &Training,
    run: &Run,
    neurons: Option<&[usize]>,
) {
    let order = neurons.map_or((0..reference.h.nrows()).collect(), <[usize]>::to_vec);
    let back = inverse(&order);
    let widened = |state: &AdapterState| State::from_engine(state).reordered(&order);
    let mut state = widened(&AdapterState::initial(model, reference.h.nrows(), run));
    for step in 0..4 {
        let start = state.reordered(&back).to_engine();
        if !is_moderate(&start) {
            return;
        }
        state = widened(&start);
        let pass = reference.pass(&state.a, &state.b);
        let next = state.updated(pass.gradients(), training, run.lr);
        let got = one(problem, training, run, Some(&start));
        let allowed = allowance(model, reference, &state, &pass, 1.0);
        let got = widened(&got.state.expect("asked for"));
        let name = format!("{name}, step {step}");
        update_agrees(&name, [&state, &next, &got], pass.gradients(), &allowed, training, run.lr);
        state = next;
    }
}

/// Compares moments and parameters after one update, `[before, reference's, engine's]`, where the
/// gradients of A and B may be off by what is allowed.
pub fn update_agrees(
    name: &str,
    [before, want, got]: [&State; 3],
    gradients: [&Array2<f64>; 2],
    allowed: &Allowance,
    training: &Training,
    lr: f64,
) {
    let optimizer = &training.optimizer;
    let sides = [
        ([&before.moments_a, &want.moments_a, &got.moments_a], &allowed.a, "A"),
        ([&before.moments_b, &want.moments_b, &got.moments_b], &allowed.b, "B"),
    ];
    for (moments, allowed, factor) in sides {
        moments_agree(name, factor, optimizer, moments, allowed);
    }
    let lr_b = lr * training.lr_ratio;
    let sides = [
        (&want.a, &got.a, gradients[0], &want.moments_a, &allowed.a, lr, "A"),
        (&want.b, &got.b, gradients[1], &want.moments_b, &allowed.b, lr_b, "B"),
    ];
    for (theta, got, gradient, moments, allowed, lr, factor) in sides {
        let ulp = f64::from(f32::EPSILON);
        let bound = parameter_bound(optimizer, gradient, moments, allowed, lr, want.step)
            + theta.mapv(|theta| ulp * theta.abs());
        entries_agree(&format!("{name}, {factor}"), theta, got, &bound);
    }
}

/// Runs the same short training in both and compares the losses at every step.
///
/// Rounding adds at most about n·ε of the first loss a step. It stays so small although Adam can
/// turn the sign of an update whose gradient is all rounding: such an entry hardly matters.
pub fn short_trajectories_agree_with_the_reference(engine: &dyn Engine) {
    for_each_case(engine, |name, model, reference, problem, optimizer, run| {
        let training = training(optimizer, STEPS);
        let got = one(problem, &training, run, None).trajectory;
        let mut state = State::from_engine(&AdapterState::initial(model, reference.h.nrows(), run));
        let mut scale = 0.0f64;
        for (step, loss) in got.losses.iter().enumerate() {
            let pass = reference.pass(&state.a, &state.b);
            scale = scale.max(pass.loss).max(1.0);
            let bound = 4.0 * (step + 1) as f64 * unit(reference.h.nrows()) * scale;
            assert!(
                (loss - pass.loss).abs() <= bound,
                "{name}, step {step}: loss {loss}, reference {}, bound {bound}",
                pass.loss
            );
            state = state.updated(pass.gradients(), &training, run.lr);
        }
        assert_eq!(got.losses.len(), STEPS + 1, "{name}");
    });
}

fn moments_agree(
    name: &str,
    factor: &str,
    optimizer: &Optimizer,
    [before, want, got]: [&[Array2<f64>; 2]; 3],
    allowed: &Array2<f64>,
) {
    let (Optimizer::Adam { beta1, beta2, .. } | Optimizer::AdamW { beta1, beta2, .. }) = *optimizer
    else {
        return;
    };
    // m + (1 − β1)(g − m) loses a few ulp of both of its ends: with a small β1 the old one may be far larger.
    let ulp = 4.0 * f64::from(f32::EPSILON);
    let rounding =
        |k: usize| (want[k].mapv(f64::abs) + before[k].mapv(f64::abs)).mapv(|m| ulp * m + 1e-37);
    let first = allowed * (1.0 - beta1) + rounding(0);
    // v moves by 2|g||δg| + δg², with g² ≤ v/(1 − β2).
    let second = rounding(1)
        + (1.0 - beta2)
            * (allowed * allowed + 2.0 * allowed * want[1].mapv(|v| (v / (1.0 - beta2)).sqrt()));
    entries_agree(&format!("{name}, first moment of {factor}"), &want[0], &got[0], &first);
    entries_agree(&format!("{name}, second moment of {factor}"), &want[1], &got[1], &second);
}

/// How far a parameter may be off after one update whose gradient is off by `allowed`.
fn parameter_bound(
    optimizer: &Optimizer,
    gradient: &Array2<f64>,
    moments: &[Array2<f64>; 2],
    allowed: &Array2<f64>,
    lr: f64,
    t: usize,
) -> Array2<f64> {
    let mut bound = allowed.clone();
    for (at, bound) in bound.indexed_iter_mut() {
        let rounding = 1e-6 * (1.0 + lr);
        *bound = rounding
            + lr * match *optimizer {
                Optimizer::Sgd => *bound,
                Optimizer::SignSgd => {
                    if gradient[at].abs() <= *bound {
                        2.0
                    } else {
                        0.0
                    }
                }
                Optimizer::Adam { beta1, beta2, .. } | Optimizer::AdamW { beta1, beta2, .. } => {
                    // |δ(m̂/√v̂)| ≤ δm̂/√v̂ + |m̂| δ√v̂/v̂, and never above the ratio's own range.
                    let correct = |beta: f64| 1.0 - beta.powi(t as i32);
                    let root = (moments[1][at] / correct(beta2)).sqrt();
                    let ratio = (moments[0][at] / correct(beta1)).abs() / root.max(1e-30);
                    let relative = *bound / root.max(1e-30);
                    let first = (1.0 - beta1) / correct(beta1) * relative;
                    let second = ratio * ((1.0 - beta2) / correct(beta2)).sqrt() * relative;
                    (2.0 * (first + second)).min(2.0 * ratio.max(10.0))
                }
            };
    }
    bound
}

fn entries_agree(name: &str, want: &Array2<f64>, got: &Array2<f64>, bound: &Array2<f64>) {
    for ((at, want), (got, bound)) in want.indexed_iter().zip(got.iter().zip(bound)) {
        let error = (want - got).abs();
        assert!(
            error <= *bound,
            "{name}{at:?}: {got}, reference {want}: off {error}, bound {bound}"
        );
    }
}
