//! Bounds that hold at every width and step, and cases that attain them.

use lora_sim::spec::{Activation, Init, Model, Optimizer, Run, Training};
use lora_sim::{AdapterState, Batch, Engine, Record};
use ndarray::Array2;

use super::gradients::engine_gradients;
use super::{one, path};
use crate::cases::{ADAM, Case, model};
use crate::envelope::{Envelope, decay, largest_update, update_constant};
use crate::reference::State;

/// Every entry of every update of A and B is at most `share` times η C_t, with C_t from Cauchy–Schwarz
/// (see [`update_constant`]). `share` is 1 except in a negative control. SGD has no bound.
pub fn every_update_is_bounded(engine: &dyn Engine, case: &Case, share: f64) {
    let states = path(case.prepare(engine).as_mut(), case);
    for pair in states.windows(2) {
        let (before, after) = (State::from_engine(&pair[0]), State::from_engine(&pair[1]));
        let Some(bounds) = update_bounds(case, &pair[1]) else { return };
        let decay = decays(case);
        let sides = [(&before.a, &after.a, "A"), (&before.b, &after.b, "B")];
        for (factor, (before, after, name)) in sides.into_iter().enumerate() {
            for (&from, &to) in before.iter().zip(after) {
                let update = (to - (1.0 - decay[factor]) * from).abs();
                // Two roundings of the parameter itself.
                let rounding = f64::from(f32::EPSILON) * (from.abs() + to.abs());
                let bound = share * bounds[factor] + rounding;
                let step = pair[1].step;
                assert!(
                    update <= bound,
                    "{case:?}, step {step}, {name}: update {update}, bound {bound}"
                );
            }
        }
    }
}

/// Every recorded norm is at most `share` of its bound: movement, Z_A, Z_B, δ1, δ2 and δ3 at every
/// step, from η, C_t and the column sums of |Z| alone (the formulas are those of
/// `src/envelope.rs`). Beyond rounding of the update, Z_A and ΔZ_A get n·ε of |A||Z|.
pub fn every_record_is_bounded(engine: &dyn Engine, case: &Case, share: f64) {
    for (step, quantities) in recorded_against_bounds(engine, case).into_iter().enumerate() {
        for (name, got, bound) in quantities {
            assert!(
                got <= share * bound,
                "{case:?}, step {step}: {name} {got}, bound {}",
                share * bound
            );
        }
    }
}

/// (name, recorded, bound) of every quantity at every step.
pub fn recorded_against_bounds(
    engine: &dyn Engine,
    case: &Case,
) -> Vec<Vec<(&'static str, f64, f64)>> {
    let mut problem = case.prepare(engine);
    let states = path(problem.as_mut(), case);
    let training = Training { record_every: 1, ..case.training.clone() };
    let runs = [case.run];
    let outcomes = problem.train(&Batch::new(&training, &runs)).expect("a good batch");
    let start = State::from_engine(&states[0]);
    let reference = case.reference(problem.as_ref());
    let mut envelope = Envelope::new(case.model.multiplier, &reference, &start.a, &start.b);
    let mut all = Vec::new();
    for (record, state) in outcomes[0].trajectory.records.iter().zip(&states) {
        if state.step > 0 {
            let Some(updates) = update_bounds(case, state) else { break };
            envelope.advance(updates, decays(case));
        }
        let pairs = named(record).into_iter().zip(envelope.record());
        all.push(pairs.map(|(got, (name, bound))| (name, got, bound)).collect());
    }
    all
}

/// In the order of [`Envelope::record`].
fn named(r: &Record) -> [f64; 9] {
    let features = [r.za_rms, r.za_norm, r.zb_rms, r.zb_norm];
    let [za, za_norm, zb, zb_norm] = features;
    [r.a_move, r.b_move, za, za_norm, zb, zb_norm, r.delta1, r.delta2, r.delta3]
}

/// η_A C_t and η_B C_t with their rounding, for the update that led to `state`.
fn update_bounds(case: &Case, state: &AdapterState) -> Option<[f64; 2]> {
    let [lr_a, lr_b] = case.rates();
    let bound = |lr, m: &Array2<f32>, v: &Array2<f32>| {
        largest_update(&case.training.optimizer, lr, state.step, frayed(m, v))
    };
    Some([bound(lr_a, &state.m_a, &state.v_a)?, bound(lr_b, &state.m_b, &state.v_b)?])
}

fn decays(case: &Case) -> [f64; 2] {
    case.rates().map(|lr| decay(&case.training.optimizer, lr))
}

/// Whether some second moment is within 2^24 of f32's smallest normal number, or lost altogether.
pub(super) fn frayed(m: &Array2<f32>, v: &Array2<f32>) -> bool {
    let least = f32::MIN_POSITIVE * 2f32.powi(24);
    m.iter().zip(v).any(|(&m, &v)| m != 0.0 && v < least)
}

/// A case with one sample, rank 1, tanh (so that Z is nowhere zero) and a small learning rate: all
/// gradients are products of numbers that keep their signs, so every sum in the bounds is aligned.
pub fn aligned_case(init: Init, optimizer: Optimizer) -> Case {
    Case {
        model: Model { multiplier: 2.0, ..model(1, 0, 1, Activation::Tanh) },
        width: 64,
        seed: 1,
        training: Training { optimizer, steps: 8, ..Training::default() },
        run: Run { init, lr: 1e-4, adapter_seed: 3 },
    }
}

/// At the end of the [`aligned_case`] every recorded quantity reaches a large part of its bound, so no
/// bound is vacuous.
///
/// SignSGD reaches 7/8 of its movement and more of all else: of 8 updates, the random factor
/// misses the first, in which it has no gradient, and rounding takes a few thousandths. Adam
/// reaches 3/4: gradients that hardly change move a parameter by η, while C_t grows from 1.
pub fn bounds_are_nearly_attained(engine: &dyn Engine) {
    for (optimizer, least) in [(Optimizer::SignSgd, 0.87), (ADAM, 0.75)] {
        for init in [Init::A, Init::B] {
            let steps = recorded_against_bounds(engine, &aligned_case(init, optimizer));
            for &(name, got, bound) in steps.last().expect("a record") {
                let share = got / bound;
                assert!(share >= least, "{optimizer:?} {init:?}: {name} is {share} of its bound");
            }
        }
    }
}

/// One update from the moments that the gradients g_{t−i} ∝ (β1/β2)^i leave, which end in the
/// present gradient: equality in Cauchy–Schwarz. It must reach 0.999 of η C_t in every entry of
/// both factors whose gradient is above a hundredth of the largest, and stay below the bound.
/// Returns how many entries were compared.
pub fn an_extremal_update_attains_its_bound(
    engine: &dyn Engine,
    case: &Case,
    beta: [f64; 2],
    t: usize,
) -> usize {
    let optimizer = Optimizer::Adam { beta1: beta[0], beta2: beta[1], epsilon: 0.0 };
    let training = Training { optimizer, steps: 1, ..Training::default() };
    let run = Run { init: Init::AB, lr: 1.0, ..case.run };
    let mut problem = case.prepare(engine);
    let mut start = AdapterState::initial(&case.model, case.width, &run);
    let gradients = engine_gradients(problem.as_mut(), &start);
    let [m, v] = extremal_moments(beta, t);
    start.m_a = gradients[0].mapv(|g| (m * g) as f32);
    start.v_a = gradients[0].mapv(|g| (v * g * g) as f32);
    start.m_b = gradients[1].mapv(|g| (m * g) as f32);
    start.v_b = gradients[1].mapv(|g| (v * g * g) as f32);
    start.step = t - 1;
    let end = one(problem.as_mut(), &training, &run, Some(&start)).state.expect("asked for");
    let bound = update_constant(&optimizer, t).expect("Adam has one");
    let name = format!("{case:?}, betas {beta:?}, update {t}");
    compare(&name, &gradients[0], &start.a, &end.a, bound)
        + compare(&name, &gradients[1], &start.b, &end.b, bound)
}

/// m/g and v/g² before the last of `t` gradients g_{t−i} = (β1/β2)^i g.
fn extremal_moments([beta1, beta2]: [f64; 2], t: usize) -> [f64; 2] {
    let (mut m, mut v) = (0.0, 0.0);
    for i in (1..t as i32).rev() {
        let g = (beta1 / beta2).powi(i);
        m = beta1 * m + (1.0 - beta1) * g;
        v = beta2 * v + (1.0 - beta2) * g * g;
    }
    [m, v]
}

fn compare(
    name: &str,
    gradient: &Array2<f64>,
    before: &Array2<f32>,
    after: &Array2<f32>,
    bound: f64,
) -> usize {
    let largest = gradient.iter().fold(0.0f64, |largest, g| largest.max(g.abs()));
    let mut compared = 0;
    for (g, (&before, &after)) in gradient.iter().zip(before.iter().zip(after)) {
        if g.abs() > 1e-2 * largest && largest > 1e-9 {
            let update = (f64::from(after) - f64::from(before)).abs();
            let share = update / bound;
            assert!((0.999..=1.0 + 1e-5).contains(&share), "{name}: {update}, bound {bound}");
            compared += 1;
        }
    }
    compared
}
