//! Properties that hold exactly, without a reference.

use lora_sim::spec::{Activation, Init, Model, Optimizer, Run, Training};
use lora_sim::{AdapterState, Batch, Engine, Outcome};

use super::{keep_states, one};
use crate::cases::{ACTIVATIONS, ADAM, Case, OPTIMIZERS, model, run, training};

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

/// The same across models: the first loss under Init\[A\] and Init\[B\] is one number, bit for bit,
/// at any rank, multiplier and scale of either factor.
pub fn the_frozen_loss_knows_no_adapter(engine: &dyn Engine, case: &Case, rank: usize) {
    let other = Model { rank, multiplier: 2.75, a_scale: 3.0, b_scale: 0.1, ..case.model.clone() };
    let mut losses = Vec::new();
    for model in [&case.model, &other] {
        let mut problem = engine.prepare(model, case.width, case.seed).expect("a small problem");
        for init in [Init::A, Init::B] {
            let run = Run { init, ..case.run };
            let out = one(problem.as_mut(), &case.training, &run, None).trajectory;
            assert_eq!(out.records[0].zb_rms, 0.0, "{case:?}");
            losses.push(out.losses[0].to_bits());
        }
    }
    assert!(losses.iter().all(|&loss| loss == losses[0]), "{case:?}, rank {rank}: {losses:?}");
}

/// Init\[A\] leaves A where it is in the first step, Init\[B\] leaves B.
pub fn the_factor_without_gradient_does_not_move_at_first(engine: &dyn Engine) {
    for (optimizer, lr) in OPTIMIZERS {
        if matches!(optimizer, Optimizer::AdamW { .. }) {
            continue; // its decay moves every weight
        }
        for init in [Init::A, Init::B] {
            let model = model(50, 0, 4, Activation::Relu);
            let (training, run) = (training(optimizer, 1), run(init, lr));
            let case = Case { model, width: 70, seed: 1, training, run };
            assert!(first_move_of_the_zero_factor(engine, &case) > 0.0, "{case:?}");
        }
    }
}

/// The same for one case whose init is not Init\[AB\]: the random factor's bits are those of its
/// init after one step. Returns the rms movement of the other.
pub fn first_move_of_the_zero_factor(engine: &dyn Engine, case: &Case) -> f64 {
    let training = Training { steps: 1, ..case.training.clone() };
    let out = one(case.prepare(engine).as_mut(), &training, &case.run, None);
    let record = out.trajectory.records.last().expect("the last step is recorded");
    let state = out.state.expect("asked for");
    let start = AdapterState::initial(&case.model, case.width, &case.run);
    let (still, moved) = match case.run.init {
        Init::A => (record.a_move, record.b_move),
        _ => (record.b_move, record.a_move),
    };
    match case.run.init {
        Init::A => assert_eq!(state.a, start.a, "{case:?}"),
        _ => assert_eq!(state.b, start.b, "{case:?}"),
    }
    assert_eq!(still, 0.0, "{case:?}");
    moved
}

/// A run has the same bytes alone, in a batch, in another order, and beside runs that diverge at
/// different steps, for every activation.
pub fn batch_mates_change_no_byte(engine: &dyn Engine) {
    for activation in ACTIVATIONS {
        let model = model(90, 20, 4, activation);
        let mut problem = engine.prepare(&model, 200, 2).expect("a small problem");
        let training = Training { divergence_factor: 20.0, ..training(ADAM, 8) };
        let inits = [Init::B, Init::A, Init::A, Init::AB, Init::B, Init::A, Init::AB, Init::B];
        let mut runs: Vec<Run> = inits
            .into_iter()
            .enumerate()
            .map(|(i, init)| Run { init, lr: 1e-3 * 3f64.powi(i as i32), adapter_seed: i as u64 })
            .collect();
        runs.insert(3, Run { init: Init::B, lr: 1e3, adapter_seed: 9 });
        runs.insert(5, Run { init: Init::AB, lr: 1e2, adapter_seed: 10 });
        let together = keep_states(problem.as_mut(), &training, &runs);
        let ends = together.iter().filter(|o| o.trajectory.diverged_at.is_some()).count();
        assert!(ends > 0 && ends < runs.len(), "{activation:?}: some must diverge, some not");
        for (run, in_company) in runs.iter().zip(&together) {
            let alone = &keep_states(problem.as_mut(), &training, &[*run])[0];
            assert_eq!(format!("{alone:?}"), format!("{in_company:?}"), "{activation:?} {run:?}");
        }
        runs.reverse();
        let mut backwards = keep_states(problem.as_mut(), &training, &runs);
        backwards.reverse();
        assert_eq!(format!("{backwards:?}"), format!("{together:?}"), "{activation:?}");
    }
}

/// A NaN anywhere, or a huge learning rate, gives a divergence and never a good loss.
pub fn nothing_hides_a_nan(engine: &dyn Engine) {
    for activation in ACTIVATIONS {
        let model = model(40, 10, 4, activation);
        let mut problem = engine.prepare(&model, 100, 3).expect("a small problem");
        for (optimizer, lr) in OPTIMIZERS {
            let run = run(Init::AB, lr);
            for spoil in [
                |s: &mut AdapterState| s.a[(2, 50)] = f32::NAN,
                |s: &mut AdapterState| {
                    s.b[(70, 1)] = f32::NAN;
                },
            ] {
                let mut start = AdapterState::initial(&model, 100, &run);
                spoil(&mut start);
                let out = one(problem.as_mut(), &training(optimizer, 3), &run, Some(&start));
                assert_eq!(out.trajectory.diverged_at, Some(0), "{activation:?} {optimizer:?}");
                assert_eq!(out.trajectory.peak_zb, f64::INFINITY);
            }
            let absurd = Run { lr: 1e37, ..run };
            let out = one(problem.as_mut(), &training(optimizer, 6), &absurd, None).trajectory;
            // tanh may saturate at a finite loss; it must be a bad one.
            let bad = out.losses[1..].iter().all(|loss| *loss > out.losses[0]);
            assert!(out.diverged_at.is_some() || bad, "{optimizer:?}: {:?}", out.losses);
        }
    }
}

/// Adam's first step is at most η an entry, however far f32 has underflowed.
pub fn adams_bound_survives_underflow(engine: &dyn Engine) {
    let model = Model { readout_exponent: 9.0, ..model(40, 0, 4, Activation::Relu) };
    let mut problem = engine.prepare(&model, 128, 3).expect("a small problem");
    for (beta1, beta2) in [(0.9, 0.999), (0.0, 0.999), (0.9, 0.0), (0.0, 0.0)] {
        for epsilon in [0.0, 1e-30, 1e-8] {
            let optimizer = Optimizer::Adam { beta1, beta2, epsilon };
            let training = Training { lr_ratio: 1.0, ..training(optimizer, 1) };
            let out = one(problem.as_mut(), &training, &run(Init::A, 1e-3), None);
            let moved = out.trajectory.records[1].b_move;
            assert!(moved <= 1e-3 * 1.002, "{optimizer:?}: {moved}");
        }
    }
}

/// A run at a huge learning rate stops early, reports the step, and does not affect the others.
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
    for (optimizer, lr) in OPTIMIZERS {
        let model = model(40, 10, 4, Activation::Relu);
        let (training, run) = (training(optimizer, 10), run(Init::A, lr));
        a_run_can_be_cut(engine, &Case { model, width: 100, seed: 3, training, run }, 5);
    }
}

/// The steps of a case are `first` of them and then the rest.
pub fn a_run_can_be_cut(engine: &dyn Engine, case: &Case, first: usize) {
    let mut problem = case.prepare(engine);
    let mut train = |steps, start: Option<&AdapterState>| {
        let training = Training { steps, ..case.training.clone() };
        one(problem.as_mut(), &training, &case.run, start)
    };
    let whole = train(case.training.steps, None);
    if whole.trajectory.diverged_at.is_some() {
        return; // divergence is counted from the start of each part
    }
    let part = train(first, None);
    let rest = train(case.training.steps - first, part.state.as_ref());
    assert_eq!(rest.state, whole.state, "{case:?}");
    assert_eq!(rest.trajectory.losses[..], whole.trajectory.losses[first..], "{case:?}");
}
