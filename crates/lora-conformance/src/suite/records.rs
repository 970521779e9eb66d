//! The records against the plain formulas.

use lora_sim::spec::{Activation, Init, Model, Run, Training};
use lora_sim::{AdapterState, Engine, Problem, Record};
use ndarray::Array2;

use super::{for_each_case, one};
use crate::cases::{ADAM, OPTIMIZERS, model, run, training};
use crate::envelope::{mean_norm, rms};
use crate::reference::{Reference, State};

/// Compares every recorded number with the plain formula, and the peak and the least gradients
/// with those over all steps.
///
/// Differences of f32 parameters carry the rounding of the parameters themselves, and an update
/// whose gradient is all rounding may have the other sign: hence a thousandth.
pub fn recorded_numbers_agree_with_the_reference(engine: &dyn Engine) {
    for_each_case(engine, |name, model, reference, problem, optimizer, run| {
        let training = Training { record_every: 1, ..training(optimizer, 2) };
        records_agree(name, (model, reference), problem, &training, run);
    });
}

/// The same for one run, every step of which is recorded.
pub(super) fn records_agree(
    name: &str,
    (model, reference): (&Model, &Reference),
    problem: &mut dyn Problem,
    training: &Training,
    run: &Run,
) {
    let got = one(problem, training, run, None).trajectory;
    let first = State::from_engine(&AdapterState::initial(model, reference.h.nrows(), run));
    let (mut before, mut now) = (first.clone(), first.clone());
    let (mut peak, mut least) = (0.0f64, [f64::INFINITY; 2]);
    let trained = [training.train.a(), training.train.b()];
    for record in &got.records {
        let pass = reference.pass(&now.a, &now.b);
        let states = [&first, &before, &now];
        let want = Record {
            train_loss: pass.loss,
            test_loss: reference.test_loss(&now.a, &now.b),
            ..features(&reference.z, states, model.multiplier)
        };
        record_agrees(&format!("{name}, step {}", record.step), record, &want);
        peak = peak.max(want.zb_rms);
        let sizes = pass.gradients().map(rms).into_iter().zip(trained);
        for (least, (size, trained)) in least.iter_mut().zip(sizes) {
            let counts = trained && size > 0.0 && record.step < training.steps;
            *least = if counts { least.min(size) } else { *least };
        }
        let next = now.updated(pass.gradients(), training, run.lr);
        before = std::mem::replace(&mut now, next);
    }
    agree(&format!("{name}: peak"), got.peak_zb, peak);
    agree(&format!("{name}: least gradient of A"), got.least_gradient_a, least[0]);
    agree(&format!("{name}: least gradient of B"), got.least_gradient_b, least[1]);
}

/// Steps 0, k, 2k, … and the last one are recorded, and k changes nothing else.
pub fn recording_less_changes_nothing_else(engine: &dyn Engine) {
    for (optimizer, lr) in OPTIMIZERS {
        let model = model(50, 13, 4, Activation::Relu);
        let mut problem = engine.prepare(&model, 90, 1).expect("a small problem");
        let mut train = |record_every| {
            let training = Training { record_every, ..training(optimizer, 7) };
            one(problem.as_mut(), &training, &run(Init::AB, lr), None)
        };
        let (often, seldom) = (train(1), train(3));
        let steps: Vec<usize> = seldom.trajectory.records.iter().map(|r| r.step).collect();
        assert_eq!(steps, [0, 3, 6, 7]);
        for record in &seldom.trajectory.records {
            assert_eq!(*record, often.trajectory.records[record.step]);
        }
        assert_eq!(seldom.state, often.state);
        assert_eq!(seldom.trajectory.losses, often.trajectory.losses);
        assert_eq!(seldom.trajectory.peak_zb, often.trajectory.peak_zb);
    }
}

/// A run that diverges has a record of the step of divergence.
pub fn a_divergence_is_recorded(engine: &dyn Engine) {
    let model = model(40, 10, 4, Activation::Relu);
    let mut problem = engine.prepare(&model, 100, 3).expect("a small problem");
    let training = Training { record_every: 50, divergence_factor: 2.0, ..training(ADAM, 60) };
    let out = one(problem.as_mut(), &training, &run(Init::AB, 3.0), None).trajectory;
    let (end, last) = (out.diverged_at.expect("diverges"), out.records[out.records.len() - 1]);
    assert_eq!((last.step, last.train_loss), (end, out.losses[end]));
    assert!(last.a_move > 0.0 && last.zb_rms > 0.0);
}

/// Every recorded number of `got` against `want`, within a thousandth.
pub fn record_agrees(name: &str, got: &Record, want: &Record) {
    for ((quantity, got), (_, want)) in named(got).into_iter().zip(named(want)) {
        agree(&format!("{name}: {quantity}"), got, want);
    }
}

/// The expected norms of a record for inputs Z and multiplier s, given the first state, the state before
/// the last update, and the present one. Losses are 0.
pub fn features(z: &Array2<f64>, [first, before, now]: [&State; 3], s: f64) -> Record {
    let (delta_a, delta_b) = (&now.a - &before.a, &now.b - &before.b);
    let (za, za_before, delta_za) = (now.a.dot(z), before.a.dot(z), delta_a.dot(z));
    let zb = now.b.dot(&za) * s;
    Record {
        step: now.step - first.step,
        za_rms: rms(&za),
        za_norm: mean_norm(&za),
        zb_rms: rms(&zb),
        zb_norm: mean_norm(&zb),
        delta1: s * rms(&before.b.dot(&delta_za)),
        delta2: s * rms(&delta_b.dot(&za_before)),
        delta3: s * rms(&delta_b.dot(&delta_za)),
        a_move: rms(&(&now.a - &first.a)),
        b_move: rms(&(&now.b - &first.b)),
        ..Record::default()
    }
}

fn named(r: &Record) -> [(&'static str, f64); 12] {
    [
        ("step", r.step as f64),
        ("train_loss", r.train_loss),
        ("test_loss", r.test_loss),
        ("za_rms", r.za_rms),
        ("za_norm", r.za_norm),
        ("zb_rms", r.zb_rms),
        ("zb_norm", r.zb_norm),
        ("delta1", r.delta1),
        ("delta2", r.delta2),
        ("delta3", r.delta3),
        ("a_move", r.a_move),
        ("b_move", r.b_move),
    ]
}

fn agree(name: &str, got: f64, want: f64) {
    let close = (got - want).abs() <= 1e-3 * want.abs() + 1e-6;
    assert!(got == want || close, "{name}: {got}, reference {want}");
}
