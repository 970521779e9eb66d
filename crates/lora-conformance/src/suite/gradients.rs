//! An engine's own gradients: against directional derivatives, and exactly zero where relu is off.

use lora_sim::spec::{Activation, Init, Model, Optimizer, Run, Training};
use lora_sim::{AdapterState, Engine, Problem};
use ndarray::{Array2, Axis};

use super::{one, path};
use crate::cases::Case;
use crate::reference::{Pass, Reference, State, scale_rows};
use crate::tolerance::{allowance, unit};

/// η of the step that gradients are read from: so large that the parameter's own rounding is
/// 2^-20 ε in units of a gradient, and a power of two, so that it rounds nothing.
const READING_RATE: f64 = (1 << 20) as f64;

/// ∂loss/∂A (r × n) and ∂loss/∂B (n × r) as the engine has them: (θ − θ')/η of one SGD step.
pub fn engine_gradients(problem: &mut dyn Problem, start: &AdapterState) -> [Array2<f64>; 2] {
    let training = Training { optimizer: Optimizer::Sgd, steps: 1, ..Training::default() };
    let run = Run { init: Init::AB, lr: READING_RATE, adapter_seed: 0 };
    let end = one(problem, &training, &run, Some(start)).state.expect("asked for");
    let slope = |from: &Array2<f32>, to: &Array2<f32>| {
        (from.mapv(f64::from) - to.mapv(f64::from)) / READING_RATE
    };
    [slope(&start.a, &end.a), slope(&start.b, &end.b)]
}

/// The derivative of the loss along (dA, dB), by the chain rule forwards:
/// dpre = s(dB Z_A + B dA Z), df_μ = Σ_i W_out,i φ'(pre_iμ) dpre_iμ, dloss = Σ_μ e_μ df_μ.
/// Second, the same of all absolute values, the scale of its rounding.
pub fn directional_derivative(
    model: &Model,
    reference: &Reference,
    state: &State,
    pass: &Pass,
    [da, db]: [&Array2<f64>; 2],
) -> [f64; 2] {
    let abs = |m: &Array2<f64>| m.mapv(f64::abs);
    let mut weight = pass.slopes.clone();
    scale_rows(&mut weight, reference.w_out.view());
    weight *= &pass.e;
    let change = (db.dot(&pass.za) + state.b.dot(&da.dot(&reference.z))) * model.multiplier;
    let features = abs(&state.a).dot(&abs(&reference.z));
    let reach = abs(&state.b).dot(&abs(da).dot(&abs(&reference.z)));
    let reach = (abs(db).dot(&features) + reach) * model.multiplier;
    [(&weight * &change).sum(), (abs(&weight) * &reach).sum()]
}

/// ⟨∂loss/∂A, dA⟩ + ⟨∂loss/∂B, dB⟩.
pub fn inner(gradients: [&Array2<f64>; 2], direction: [&Array2<f64>; 2]) -> f64 {
    gradients.into_iter().zip(direction).map(|(g, d)| (g * d).sum()).sum()
}

/// A random direction for A and B: what another seed would start from.
pub fn direction(case: &Case, seed: u64) -> [Array2<f64>; 2] {
    let run = Run { init: Init::AB, adapter_seed: seed, ..case.run };
    let state = State::from_engine(&AdapterState::initial(&case.model, case.width, &run));
    [state.a, state.b]
}

/// At every state of a case's run, the engine's gradients times a random direction are the
/// derivative along it, within n·ε of the terms' absolute sums.
pub fn gradients_are_directional_derivatives(engine: &dyn Engine, case: &Case, seed: u64) {
    let mut problem = case.prepare(engine);
    let reference = case.reference(problem.as_ref());
    let [da, db] = direction(case, seed);
    for start in path(problem.as_mut(), case) {
        let state = State::from_engine(&start);
        let pass = reference.pass(&state.a, &state.b);
        let [grad_a, grad_b] = engine_gradients(problem.as_mut(), &start);
        let got = inner([&grad_a, &grad_b], [&da, &db]);
        let [want, _] = directional_derivative(&case.model, &reference, &state, &pass, [&da, &db]);
        let mut allowed = allowance(&case.model, &reference, &state, &pass, 1.0);
        let read = |g: &Array2<f64>, theta: &Array2<f64>| {
            (g.mapv(f64::abs) + theta.mapv(f64::abs) / READING_RATE) * unit(1)
        };
        allowed.a += &read(&grad_a, &state.a);
        allowed.b += &read(&grad_b, &state.b);
        let bound = inner([&allowed.a, &allowed.b], [&da.mapv(f64::abs), &db.mapv(f64::abs)]);
        assert!(
            (got - want).abs() <= bound,
            "{case:?}, step {}: {got}, along the direction {want}, bound {bound}",
            start.step
        );
    }
}

/// Neurons that relu turns off on all data get a gradient of exactly zero. Of the network itself these are every
/// third one, by construction; of the linearised network they are those whose H is nowhere above 0, if any. Their rows of B keep their bits under SGD at a rate of 2^100, SignSGD and Adam, and
/// Adam's moments of them stay zero. Returns how many neurons were off.
pub fn neurons_that_are_off_stay_put(engine: &dyn Engine, case: &Case) -> usize {
    let model = Model { activation: Activation::Relu, ..case.model.clone() };
    let case = Case { model, run: Run { init: Init::AB, ..case.run }, ..case.clone() };
    let mut problem = case.prepare(engine);
    let reference = case.reference(problem.as_ref());
    let start = with_every_third_off(&case, &reference);
    let off = neurons_off(&case, &reference, &State::from_engine(&start));
    let adam = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 0.0 };
    let huge = 2f64.powi(100);
    for (optimizer, lr) in [(Optimizer::Sgd, huge), (Optimizer::SignSgd, 1.0), (adam, 1.0)] {
        let training = Training { optimizer, steps: 1, ..Training::default() };
        let run = Run { lr, ..case.run };
        let end = one(problem.as_mut(), &training, &run, Some(&start)).state.expect("asked for");
        for &i in &off {
            let name = format!("{case:?}, {optimizer:?}: neuron {i}");
            assert_eq!(end.b.row(i), start.b.row(i), "{name}");
            assert!(end.m_b.row(i).iter().chain(end.v_b.row(i)).all(|&m| m == 0.0), "{name}");
        }
    }
    off.len()
}

/// A_0 made positive, so that Z_A is, and every third row of B so negative that pre is below 0 by
/// about as much as it could reach above.
fn with_every_third_off(case: &Case, reference: &Reference) -> AdapterState {
    let mut state = AdapterState::initial(&case.model, case.width, &case.run);
    state.a.mapv_inplace(f32::abs);
    let za = State::from_engine(&state).a.dot(&reference.z).sum_axis(Axis(0));
    let least = za.iter().fold(f64::INFINITY, |least, &z| least.min(z));
    for (i, mut row) in state.b.outer_iter_mut().enumerate().step_by(3) {
        let most = reference.h.row(i).iter().fold(1.0f64, |most, &h| most.max(h));
        row.fill((-2.0 * most / (case.model.multiplier * least.max(1e-6))) as f32);
    }
    state
}

/// Neurons with a slope of 0 on all data: pre is below 0 by more than the engine's rounding of it, or H, which
/// nothing has rounded, is not above 0 where the network is linearised.
fn neurons_off(case: &Case, reference: &Reference, state: &State) -> Vec<usize> {
    let Pass { pre, slopes, .. } = reference.pass(&state.a, &state.b);
    if case.model.linearised {
        let off = |&i: &usize| slopes.row(i).iter().all(|&slope| slope == 0.0);
        return (0..case.width).filter(off).collect();
    }
    let za = state.a.mapv(f64::abs).dot(&reference.z.mapv(f64::abs));
    let reach =
        reference.h.mapv(f64::abs) + state.b.mapv(f64::abs).dot(&za) * case.model.multiplier;
    let margin = reach * unit(case.width);
    (0..case.width)
        .filter(|&i| pre.row(i).iter().zip(margin.row(i)).all(|(pre, margin)| *pre < -margin))
        .collect()
}
