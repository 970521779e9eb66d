//! Changes of a run that must not change results, or must scale them by exact powers of two.
//!
//! A power of two commutes with every rounding of f32 and f64 short of under- and overflow. So
//! where it cancels in the formulas it cancels bit for bit, at ε = 0 and without decay.

use lora_sim::spec::{Optimizer, Run, Training};
use lora_sim::{AdapterState, Batch, Engine, Record, Trajectory};
use ndarray::Array2;

use super::bounds::frayed;
use super::{one, path};
use crate::cases::Case;
use crate::reference::{Reference, State};

/// A → 2^-a A and B → 2^-b B with s → 2^(a+b) s leave s B A. Gradients of A grow by 2^a, those of
/// B by 2^b, so with η_A → 2^-a η_A and η_B → 2^-b η_B (for SGD 4^-a and 4^-b) the whole run is the
/// same: losses, Z_B and δ's bit for bit, states and their records by their own powers.
///
/// Returns whether the run stayed away from under- and overflow; only then is anything compared.
pub fn powers_of_two_pass_through(engine: &dyn Engine, case: &Case, [a, b]: [i32; 2]) -> bool {
    let optimizer = without_epsilon(case.training.optimizer);
    let rate_power = if optimizer == Optimizer::Sgd { 2 } else { 1 };
    let training = Training { optimizer, record_every: 1, ..case.training.clone() };
    let case = Case { training, ..case.clone() };
    let mut scaled = case.clone();
    scaled.model.multiplier *= two(a + b);
    scaled.model.a_scale *= two(-a);
    scaled.model.b_scale *= two(-b);
    scaled.run.lr *= two(-rate_power * a);
    scaled.training.lr_ratio *= two(rate_power * (a - b));
    let train = |case: &Case| one(case.prepare(engine).as_mut(), &case.training, &case.run, None);
    let (plain, other) = (train(&case), train(&scaled));
    let (from, to) = (plain.state.expect("asked for"), other.state.expect("asked for"));
    // A sum may leave f32 where all parameters are in it; then a loss tells.
    let finite = |outcome: &Trajectory| outcome.losses.iter().all(|loss| loss.is_finite());
    if !(finite(&plain.trajectory) && finite(&other.trajectory)) {
        return false;
    }
    if !(far_from_the_ends(&from) && far_from_the_ends(&to)) {
        return false;
    }
    let name = format!("{case:?}, powers {a} and {b}");
    assert_eq!(scaled_state(&from, [a, b]), to, "{name}");
    let (mut want, got) = (plain.trajectory, other.trajectory);
    want.least_gradient_a *= two(a);
    want.least_gradient_b *= two(b);
    want.records.iter_mut().for_each(|record| scale_record(record, [a, b]));
    assert_eq!(want, got, "{name}");
    true
}

/// 2^k, exact.
fn two(k: i32) -> f64 {
    2f64.powi(k)
}

/// The optimizer at ε = 0 and without decay: the scale of the gradient cancels in Adam's update.
fn without_epsilon(optimizer: Optimizer) -> Optimizer {
    match optimizer {
        Optimizer::Adam { beta1, beta2, .. } => Optimizer::Adam { beta1, beta2, epsilon: 0.0 },
        Optimizer::AdamW { beta1, beta2, .. } => {
            Optimizer::AdamW { beta1, beta2, epsilon: 0.0, weight_decay: 0.0 }
        }
        other => other,
    }
}

/// Whether no number of a state is above 2^90 or below 2^-90, and no second moment near or lost to
/// underflow: then all factors used here are exact.
fn far_from_the_ends(state: &AdapterState) -> bool {
    let all = [&state.a, &state.b, &state.m_a, &state.m_b];
    let (least, most) = (2f32.powi(-90), 2f32.powi(90));
    let inside = |v: &f32| *v == 0.0 || (least..most).contains(&v.abs());
    let kept = |m: &Array2<f32>, v: &Array2<f32>| {
        m.iter().chain(v).all(|&x| x == 0.0) || (!frayed(m, v) && v.iter().all(|&v| v < most))
    };
    let moments = kept(&state.m_a, &state.v_a) && kept(&state.m_b, &state.v_b);
    all.into_iter().flatten().all(inside) && moments
}

/// θ by 2^-k, m by 2^k, v by 4^k for A at k = `a` and B at k = `b`.
fn scaled_state(state: &AdapterState, [a, b]: [i32; 2]) -> AdapterState {
    let times = |m: &Array2<f32>, k| m.mapv(|v| v * 2f32.powi(k));
    AdapterState {
        a: times(&state.a, -a),
        b: times(&state.b, -b),
        m_a: times(&state.m_a, a),
        v_a: times(&state.v_a, 2 * a),
        m_b: times(&state.m_b, b),
        v_b: times(&state.v_b, 2 * b),
        step: state.step,
    }
}

fn scale_record(record: &mut Record, [a, b]: [i32; 2]) {
    record.za_rms *= two(-a);
    record.za_norm *= two(-a);
    record.a_move *= two(-a);
    record.b_move *= two(-b);
}

/// Negating row k of A and column k of B for the k in `mask` leaves B A, and the run bit for bit.
pub fn signs_of_components_cancel(engine: &dyn Engine, case: &Case, mask: u32) {
    let mut problem = case.prepare(engine);
    let start = AdapterState::initial(&case.model, case.width, &case.run);
    let plain = one(problem.as_mut(), &case.training, &case.run, Some(&start));
    let other = one(problem.as_mut(), &case.training, &case.run, Some(&negated(&start, mask)));
    if plain.trajectory.diverged_at.is_some() {
        return; // NaN has no sign to compare
    }
    assert_eq!(plain.trajectory, other.trajectory, "{case:?}, mask {mask:b}");
    let want = negated(&plain.state.expect("asked for"), mask);
    assert_eq!(want, other.state.expect("asked for"), "{case:?}, mask {mask:b}");
}

fn negated(state: &AdapterState, mask: u32) -> AdapterState {
    let mut state = state.clone();
    for k in (0..state.a.nrows()).filter(|k| mask >> k & 1 == 1) {
        for mut row in [state.a.row_mut(k), state.m_a.row_mut(k)] {
            row.mapv_inplace(|v| -v);
        }
        for mut column in [state.b.column_mut(k), state.m_b.column_mut(k)] {
            column.mapv_inplace(|v| -v);
        }
    }
    state
}

/// lr_ratio = 1 is plain LoRA: every step is A's at η_A = η whatever η_B is, and B's at η_B = η
/// whatever η_A is, bit for bit. (η/4 with a ratio of 4 makes η_B = η exactly.)
pub fn equal_rates_are_plain_lora(engine: &dyn Engine, case: &Case) {
    let plain = Training { lr_ratio: 1.0, ..case.training.clone() };
    let case = Case { training: plain, ..case.clone() };
    let mut problem = case.prepare(engine);
    let states = path(problem.as_mut(), &case);
    let training = Training { lr_ratio: 4.0, steps: 1, ..case.training.clone() };
    let runs = [case.run, Run { lr: case.run.lr / 4.0, ..case.run }];
    for pair in states.windows(2) {
        let starts = [pair[0].clone(), pair[0].clone()];
        let batch =
            Batch { training: &training, runs: &runs, starts: Some(&starts), keep_states: true };
        let mut outcomes = problem.train(&batch).expect("a good batch").into_iter();
        let mut next = || outcomes.next().and_then(|o| o.state).expect("asked for");
        let (of_a, of_b) = (next(), next());
        let stitched = AdapterState { b: of_b.b, m_b: of_b.m_b, v_b: of_b.v_b, ..of_a };
        // As text, so that a NaN equals itself.
        assert_eq!(format!("{stitched:?}"), format!("{:?}", pair[1]), "{case:?}");
    }
}

/// Gradients times 2^k leave the path of Adam and AdamW at ε = 0 and of SignSGD, and of SGD at
/// η 2^-k: θ bit for bit, m by 2^k, v by 4^k.
///
/// The engine draws y itself, so a loss cannot be scaled as such. Here W_out is of order 2^-34
/// and N a power of two: then e = −2y/N exactly in f32, W_out does not reach it, and W_out 2^k
/// multiplies all gradients by 2^k and nothing else. The width must be a power of two, from 2 on.
///
/// Returns whether outputs were that small and no number near under- or overflow.
pub fn scaled_gradients_leave_the_path(engine: &dyn Engine, case: &Case, k: i32) -> bool {
    assert!(case.width.is_power_of_two() && case.model.points.is_power_of_two());
    let optimizer = without_epsilon(case.training.optimizer);
    let of_power = |power: i32| {
        let mut case = case.clone();
        case.model.readout_exponent = f64::from(-power) / f64::from(case.width.ilog2());
        case.training.optimizer = optimizer;
        if optimizer == Optimizer::Sgd {
            case.run.lr *= two(-power);
        }
        let mut problem = case.prepare(engine);
        let states = path(problem.as_mut(), &case);
        let reference = case.reference(problem.as_ref());
        let usable = outputs_vanish(&reference, &states);
        (reference.w_out, states, usable)
    };
    let (w_small, small, usable) = of_power(-34);
    let (w_large, large, also) = of_power(-34 + k);
    assert_eq!(w_small * two(k), w_large, "W_out scales exactly");
    if !(usable && also && small.iter().chain(&large).all(far_from_the_ends)) {
        return false;
    }
    let name = format!("{case:?}, gradients times 2^{k}");
    for (small, large) in small.iter().zip(&large) {
        let want = scaled_state(small, [k, k]);
        let want = AdapterState { a: small.a.clone(), b: small.b.clone(), ..want };
        assert_eq!(want, *large, "{name}");
    }
    assert_eq!(small.len(), large.len(), "{name}");
    true
}

/// Whether every |f_μ| is under 2^-26 |y_μ|, so that f − y rounds to −y in f32.
fn outputs_vanish(reference: &Reference, states: &[AdapterState]) -> bool {
    states.iter().all(|state| {
        let state = State::from_engine(state);
        let f = reference.pass(&state.a, &state.b).f;
        f.iter().zip(&reference.y).all(|(f, y)| f.abs() < two(-26) * y.abs())
    })
}
