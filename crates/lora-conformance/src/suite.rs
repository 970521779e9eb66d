//! The checks. Each goes over every init, optimiser, activation and ragged size that matters to it.

use lora_sim::spec::{Activation, Init, Model, Optimizer, Run, Training};
use lora_sim::{AdapterState, Batch, Engine, Outcome, Problem};
use ndarray::Array2;

use crate::cases::{ACTIVATIONS, ADAM, INITS, OPTIMIZERS, SIZES, model, run, training};
use crate::reference::{Reference, State};
use crate::tolerance::{allowance, unit};

/// Steps of the trajectories.
const STEPS: usize = 12;

/// Starts each step from the reference's state and compares moments and parameters after it.
pub fn every_step_agrees_with_the_reference(engine: &dyn Engine) {
    for_each_case(engine, |name, model, reference, problem, optimizer, run| {
        let training = training(optimizer, 1);
        let mut state = State::from_engine(&AdapterState::initial(model, reference.h.nrows(), run));
        for step in 0..4 {
            let start = state.to_engine();
            state = State::from_engine(&start);
            let pass = reference.pass(&state.a, &state.b);
            let next = reference.update(&state, &pass, &training, run.lr);
            let got = one(problem, &training, run, Some(&start));
            let allowed = allowance(model, reference, &state, &pass, 1.0);
            let got = State::from_engine(&got.state.expect("asked for"));
            let name = format!("{name}, step {step}");
            let sides = [
                (&state.moments_a, &next.moments_a, &got.moments_a, &allowed.a, "A"),
                (&state.moments_b, &next.moments_b, &got.moments_b, &allowed.b, "B"),
            ];
            for (_, want, got, allowed, factor) in sides {
                moments_agree(&name, factor, &optimizer, want, got, allowed);
            }
            let lr_b = run.lr * training.lr_ratio;
            let sides = [
                (&next.a, &got.a, &pass.grad_a, &next.moments_a, &allowed.a, run.lr, "A"),
                (&next.b, &got.b, &pass.grad_b, &next.moments_b, &allowed.b, lr_b, "B"),
            ];
            for (want, got, gradient, moments, allowed, lr, factor) in sides {
                let bound = parameter_bound(&optimizer, gradient, moments, allowed, lr, next.step);
                entries_agree(&format!("{name}, {factor}"), want, got, &bound);
            }
            state = next;
        }
    });
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
            state = reference.update(&state, &pass, &training, run.lr);
        }
        assert_eq!(got.losses.len(), STEPS + 1, "{name}");
    });
}

/// Compares every recorded norm with the plain formula.
pub fn recorded_norms_agree_with_the_reference(engine: &dyn Engine) {
    for_each_case(engine, |name, model, reference, problem, optimizer, run| {
        let training = Training { record_every: 1, ..training(optimizer, 2) };
        let got = one(problem, &training, run, None).trajectory;
        let first = State::from_engine(&AdapterState::initial(model, reference.h.nrows(), run));
        let mut before = first.clone();
        let mut now = first.clone();
        for record in &got.records {
            let pass = reference.pass(&now.a, &now.b);
            let s = model.multiplier;
            let (delta_a, delta_b) = (&now.a - &before.a, &now.b - &before.b);
            let (za_before, delta_za) = (before.a.dot(&reference.z), delta_a.dot(&reference.z));
            let zb = now.b.dot(&pass.za) * s;
            let checks = [
                ("za_rms", record.za_rms, rms(&pass.za)),
                ("za_norm", record.za_norm, mean_norm(&pass.za)),
                ("zb_rms", record.zb_rms, rms(&zb)),
                ("zb_norm", record.zb_norm, mean_norm(&zb)),
                ("delta1", record.delta1, s * rms(&before.b.dot(&delta_za))),
                ("delta2", record.delta2, s * rms(&delta_b.dot(&za_before))),
                ("delta3", record.delta3, s * rms(&delta_b.dot(&delta_za))),
                ("a_move", record.a_move, rms(&(&now.a - &first.a))),
                ("b_move", record.b_move, rms(&(&now.b - &first.b))),
            ];
            // Differences of f32 parameters carry the rounding of the parameters themselves, and an
            // update whose gradient is all rounding may have the other sign.
            let slack = 1e-3;
            for (quantity, got, want) in checks {
                assert!(
                    (got - want).abs() <= slack * want.abs() + 1e-6,
                    "{name}, step {}: {quantity} {got}, reference {want}",
                    record.step
                );
            }
            let next = reference.update(&now, &pass, &training, run.lr);
            before = std::mem::replace(&mut now, next);
        }
    });
}

/// With A = 0 or B = 0 the first loss is the frozen model's, whatever the other factor holds.
pub fn a_zero_factor_starts_from_the_frozen_model(engine: &dyn Engine) {
    let model = model(50, 9, 4, Activation::Relu);
    let mut problem = engine.prepare(&model, 70, 1).expect("a small problem");
    let training = training(ADAM, 1);
    let runs: Vec<Run> = (0..4)
        .map(|i| Run { adapter_seed: i, ..run(if i % 2 == 0 { Init::A } else { Init::B }, 0.1) })
        .collect();
    let outcomes = problem.train(&Batch::new(&training, &runs)).expect("a good batch");
    let first = |o: &Outcome| (o.trajectory.losses[0].to_bits(), o.trajectory.records[0].zb_rms);
    assert!(outcomes.iter().all(|o| first(o) == (outcomes[0].trajectory.losses[0].to_bits(), 0.0)));
}

/// Init\[A\] leaves A where it is in the first step, Init\[B\] leaves B.
pub fn the_factor_without_gradient_does_not_move_at_first(engine: &dyn Engine) {
    for (optimizer, lr) in OPTIMIZERS {
        if matches!(optimizer, Optimizer::AdamW { .. }) {
            continue; // its decay moves every weight
        }
        for init in [Init::A, Init::B] {
            let model = model(50, 0, 4, Activation::Relu);
            let mut problem = engine.prepare(&model, 70, 1).expect("a small problem");
            let out = one(problem.as_mut(), &training(optimizer, 1), &run(init, lr), None);
            let record = out.trajectory.records.last().expect("the last step is recorded");
            let (still, moved) = match init {
                Init::A => (record.a_move, record.b_move),
                _ => (record.b_move, record.a_move),
            };
            assert_eq!(still, 0.0, "{optimizer:?} {init:?}");
            assert!(moved > 0.0, "{optimizer:?} {init:?}");
        }
    }
}

/// Alone, in company, in another order, beside a run that diverges: the same bytes.
pub fn batch_mates_change_no_byte(engine: &dyn Engine) {
    let model = model(90, 20, 4, Activation::Relu);
    let mut problem = engine.prepare(&model, 200, 2).expect("a small problem");
    let training = Training { divergence_factor: 50.0, ..training(ADAM, 8) };
    let mut runs: Vec<Run> =
        (0..7).map(|i| run(INITS[i % 3], 1e-3 * 3f64.powi(i as i32))).collect();
    runs.push(run(Init::B, 1e3));
    let together = keep_states(problem.as_mut(), &training, &runs);
    assert!(together[7].trajectory.diverged_at.is_some(), "the last run should diverge");
    for (run, in_company) in runs.iter().zip(&together) {
        assert_eq!(&keep_states(problem.as_mut(), &training, &[*run])[0], in_company, "{run:?}");
    }
    runs.reverse();
    let mut backwards = keep_states(problem.as_mut(), &training, &runs);
    backwards.reverse();
    assert_eq!(backwards, together);
}

/// A run at an absurd rate stops early, says when, and leaves the others alone.
pub fn a_diverging_run_is_a_result(engine: &dyn Engine) {
    let model = model(40, 0, 4, Activation::Relu);
    let mut problem = engine.prepare(&model, 100, 3).expect("a small problem");
    let training = Training { divergence_factor: 1e3, ..training(Optimizer::Sgd, 30) };
    let runs = [run(Init::B, 1e-3), run(Init::B, 1e6), run(Init::A, 1e-3)];
    let outcomes = problem.train(&Batch::new(&training, &runs)).expect("a good batch");
    let ended: Vec<Option<usize>> = outcomes.iter().map(|o| o.trajectory.diverged_at).collect();
    let step = ended[1].expect("the second run diverges");
    assert_eq!((ended[0], ended[2]), (None, None));
    assert_eq!(outcomes[1].trajectory.losses.len(), step + 1);
    assert!(outcomes[0].trajectory.losses.len() == 31 && step < 30);
}

/// Ten steps are five and five more.
pub fn a_run_continued_from_its_state_is_the_same_run(engine: &dyn Engine) {
    let model = model(40, 10, 4, Activation::Relu);
    let mut problem = engine.prepare(&model, 100, 3).expect("a small problem");
    for (optimizer, lr) in OPTIMIZERS {
        let run = run(Init::A, lr);
        let whole = one(problem.as_mut(), &training(optimizer, 10), &run, None);
        let half = one(problem.as_mut(), &training(optimizer, 5), &run, None);
        let rest = one(problem.as_mut(), &training(optimizer, 5), &run, half.state.as_ref());
        assert_eq!(rest.state, whole.state, "{optimizer:?}");
        assert_eq!(rest.trajectory.losses[..], whole.trajectory.losses[5..], "{optimizer:?}");
    }
}

/// Impossible models, rates and states are refused with a typed error.
pub fn bad_requests_are_errors(engine: &dyn Engine) {
    let good = model(20, 0, 2, Activation::Relu);
    for bad in [
        Model { rank: 0, ..good.clone() },
        Model { points: 0, ..good.clone() },
        Model { multiplier: f64::NAN, ..good.clone() },
        Model { readout_exponent: f64::INFINITY, ..good.clone() },
    ] {
        assert!(engine.prepare(&bad, 20, 0).is_err(), "{bad:?}");
    }
    assert!(engine.prepare(&good, 0, 0).is_err());
    let mut problem = engine.prepare(&good, 20, 0).expect("a good model");
    let training = training(ADAM, 2);
    for lr in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(problem.train(&Batch::new(&training, &[run(Init::A, lr)])).is_err(), "lr {lr}");
    }
    let state = AdapterState::initial(&good, 21, &run(Init::A, 1.0));
    let starts = [state];
    let runs = [run(Init::A, 1.0)];
    let batch = Batch { starts: Some(&starts), ..Batch::new(&training, &runs) };
    assert!(problem.train(&batch).is_err());
    assert!(problem.train(&Batch::new(&training, &[])).expect("an empty batch").is_empty());
}

type Check<'c> = &'c dyn Fn(&str, &Model, &Reference, &mut dyn Problem, Optimizer, &Run);

fn for_each_case(
    engine: &dyn Engine,
    check: impl Fn(&str, &Model, &Reference, &mut dyn Problem, Optimizer, &Run),
) {
    let check: Check = &check;
    for (n, points, test_points, rank) in SIZES {
        for activation in ACTIVATIONS {
            let model = model(points, test_points, rank, activation);
            let mut problem = engine.prepare(&model, n, 7).expect("a small problem");
            let reference = Reference::new(&model, &problem.frozen().expect("in memory"));
            for (optimizer, lr) in OPTIMIZERS {
                for init in INITS {
                    let name = format!(
                        "{activation:?}, {optimizer:?}, {}, n {n}, N {points}, r {rank}",
                        init.label()
                    );
                    check(&name, &model, &reference, problem.as_mut(), optimizer, &run(init, lr));
                }
            }
        }
    }
}

fn one(
    problem: &mut dyn Problem,
    training: &Training,
    run: &Run,
    start: Option<&AdapterState>,
) -> Outcome {
    let starts = start.map(std::slice::from_ref);
    let runs = std::slice::from_ref(run);
    let batch = Batch { training, runs, starts, keep_states: true };
    problem.train(&batch).expect("a good batch").remove(0)
}

fn keep_states(problem: &mut dyn Problem, training: &Training, runs: &[Run]) -> Vec<Outcome> {
    let batch = Batch { training, runs, starts: None, keep_states: true };
    problem.train(&batch).expect("a good batch")
}

fn moments_agree(
    name: &str,
    factor: &str,
    optimizer: &Optimizer,
    want: &[Array2<f64>; 2],
    got: &[Array2<f64>; 2],
    allowed: &Array2<f64>,
) {
    let (Optimizer::Adam { beta1, beta2, .. } | Optimizer::AdamW { beta1, beta2, .. }) = *optimizer
    else {
        return;
    };
    let ulp = 4.0 * f64::from(f32::EPSILON);
    let first = allowed * (1.0 - beta1) + want[0].mapv(|m| ulp * m.abs() + 1e-37);
    // v may lose a few ulp of itself, and moves by 2|g||δg| + δg², with g² ≤ v/(1 − β2).
    let second = want[1].mapv(|v| ulp * v + 1e-37)
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

fn rms(m: &Array2<f64>) -> f64 {
    (m.mapv(|v| v * v).sum() / m.len() as f64).sqrt()
}

fn mean_norm(m: &Array2<f64>) -> f64 {
    m.columns().into_iter().map(|c| c.dot(&c).sqrt()).sum::<f64>() / m.ncols() as f64
}
