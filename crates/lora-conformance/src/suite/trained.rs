//! Training one factor alone: the other keeps its bits, and the trained one follows the formulas.

use lora_sim::spec::{Activation, Init, Optimizer, Run, Trained, Training};
use lora_sim::{AdapterState, Engine, Outcome, Record};
use ndarray::Array2;

use super::records::records_agree;
use super::steps::steps_agree;
use super::{keep_states, one};
use crate::cases::{ACTIVATIONS, Case, INITS, OPTIMIZERS, model, run, some, training};

/// The two ways to train one factor.
const ALONE: [Trained; 2] = [Trained::A, Trained::B];

/// Adam without ε, where a gradient of zero is 0/0.
const NO_EPSILON: (Optimizer, f64) =
    (Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 0.0 }, 1e-2);

/// Under every optimizer, with decay and without ε, a factor that is not trained has the bits it
/// started with, and so have its moments: zeros keep their signs, and what is beneath f32's normal
/// numbers stays. Its movement and its parts of ΔZ_B are exactly 0, and it has no least gradient;
/// the trained factor moves.
pub fn a_factor_that_is_not_trained_keeps_its_bits(engine: &dyn Engine) {
    for activation in ACTIVATIONS {
        let model = model(40, 10, 5, activation);
        let mut problem = engine.prepare(&model, 70, 3).expect("a small problem");
        for (optimizer, lr) in OPTIMIZERS.into_iter().chain([NO_EPSILON]) {
            for init in INITS {
                let run = run(init, lr);
                let moved = one(problem.as_mut(), &training(optimizer, 2), &run, None);
                let start = delicate(moved.state.expect("asked for"));
                for train in ALONE {
                    let name =
                        format!("{activation:?}, {optimizer:?}, {init:?}, {train:?} trained");
                    let training = Training { train, ..training(optimizer, 4) };
                    let out = one(problem.as_mut(), &training, &run, Some(&start));
                    rested(&name, train, &start, &out);
                    assert_eq!(out.trajectory.diverged_at, None, "{name}");
                    for record in &out.trajectory.records {
                        record_is_of_one(&name, train, record);
                    }
                }
            }
        }
    }
}

/// A state with entries of either factor and its moments that a careless update would change.
fn delicate(mut state: AdapterState) -> AdapterState {
    for factor in [&mut state.a, &mut state.b] {
        factor[(0, 0)] = -0.0;
        factor[(1, 1)] = 1e-40;
    }
    for moment in [&mut state.m_a, &mut state.m_b] {
        moment[(0, 0)] = -1e-41;
    }
    for moment in [&mut state.v_a, &mut state.v_b] {
        moment[(0, 0)] = 1e-41;
    }
    state
}

/// The bits of a factor with its moments: A's, or else B's.
fn bits(state: &AdapterState, of_a: bool) -> Vec<u32> {
    let parts: [&Array2<f32>; 3] = match of_a {
        true => [&state.a, &state.m_a, &state.v_a],
        false => [&state.b, &state.m_b, &state.v_b],
    };
    parts.into_iter().flatten().map(|value| value.to_bits()).collect()
}

/// The factor that was not trained is as it was, and has no gradient; the other has changed.
fn rested(name: &str, train: Trained, start: &AdapterState, out: &Outcome) {
    let end = out.state.as_ref().expect("asked for");
    let kept = |of_a| bits(start, of_a) == bits(end, of_a);
    assert!(kept(train.b()), "{name}: the other factor did not keep its bits");
    assert!(!kept(train.a()), "{name}: what is trained did not move");
    let least = [out.trajectory.least_gradient_a, out.trajectory.least_gradient_b];
    let trained = [train.a(), train.b()];
    assert_eq!(least.map(f64::is_finite), trained, "{name}: least gradients {least:?}");
}

fn record_is_of_one(name: &str, train: Trained, record: &Record) {
    let [rests, moves, still, parts] = match train {
        Trained::A => [record.b_move, record.a_move, record.delta2, record.delta1],
        _ => [record.a_move, record.b_move, record.delta1, record.delta2],
    };
    assert_eq!([rests, still, record.delta3], [0.0; 3], "{name}: {record:?}");
    if record.step > 0 {
        assert!(moves > 0.0 && parts > 0.0, "{name}: {record:?}");
    }
}

/// Each step and everything recorded against the reference, whichever factor is trained.
pub fn a_factor_trained_alone_agrees_with_the_reference(engine: &dyn Engine) {
    for case in some() {
        for train in ALONE {
            let name = format!("{case:?}, {train:?} trained");
            let mut problem = case.prepare(engine);
            let reference = case.reference(problem.as_ref());
            let problem = problem.as_mut();
            let training = Training { train, steps: 1, ..case.training.clone() };
            steps_agree(&name, &case.model, &reference, problem, &training, &case.run, None);
            let training = Training { steps: 2, record_every: 1, ..training };
            records_agree(&name, (&case.model, &reference), problem, &training, &case.run);
        }
    }
}

/// From any state, a step of A alone is what a step of both does to A, bit for bit, and likewise
/// with B: both gradients are those of the state before the step.
pub fn a_step_of_one_factor_is_its_part_of_a_step_of_both(engine: &dyn Engine, case: &Case) {
    let mut problem = case.prepare(engine);
    let mut step = |train, steps, start: Option<&AdapterState>| {
        let training = Training { train, steps, ..case.training.clone() };
        one(problem.as_mut(), &training, &case.run, start).state.expect("asked for")
    };
    let start = step(Trained::AB, 2, None);
    let [a, b, both] = Trained::ALL.map(|train| step(train, 1, Some(&start)));
    assert_eq!(bits(&a, true), bits(&both, true), "{case:?}: A alone");
    assert_eq!(bits(&b, false), bits(&both, false), "{case:?}: B alone");
    assert_eq!([a.step, b.step], [both.step; 2], "{case:?}: steps count");
}

/// In a batch of runs that diverge at different steps or not at all, a factor that is not trained
/// keeps its bits in all of them, and each run is what it is alone.
pub fn a_diverging_factor_leaves_the_other_alone(engine: &dyn Engine) {
    let model = model(50, 9, 4, Activation::Relu);
    let mut problem = engine.prepare(&model, 150, 2).expect("a small problem");
    for (optimizer, lr) in OPTIMIZERS {
        for train in ALONE {
            let rates = [1.0, 1e4, 1e8, 1e2, 1e30].map(|times| lr * times);
            let runs: Vec<Run> = rates.map(|lr| run(Init::AB, lr)).into();
            let training = Training { train, divergence_factor: 10.0, ..training(optimizer, 6) };
            let together = keep_states(problem.as_mut(), &training, &runs);
            let ends = together.iter().filter(|out| out.trajectory.diverged_at.is_some()).count();
            assert!(ends > 0 && ends < runs.len(), "{optimizer:?}: some must diverge, some not");
            for (run, out) in runs.iter().zip(&together) {
                let name = format!("{optimizer:?}, {train:?} trained, η {}", run.lr);
                rested(&name, train, &AdapterState::initial(&model, 150, run), out);
                let alone = keep_states(problem.as_mut(), &training, &[*run]);
                assert_eq!(format!("{:?}", alone[0]), format!("{out:?}"), "{name}");
            }
        }
    }
}
