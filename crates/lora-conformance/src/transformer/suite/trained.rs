//! What a run leaves alone, and how it goes on.

use lora_sim::spec::{Init, Optimizer, Trained};
use ndarray::Array2;

use super::steps::{batches, training};
use super::{Problem, bits};
use crate::cases::OPTIMIZERS;
use crate::transformer::engine::{Dropout, How, LoraEngine, Run, Training};

/// Decay, under which a careless update would shrink what is not trained.
const DECAYS: (Optimizer, f64) =
    (Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.1 }, 1e-2);

/// A factor that is not trained has the bits it started with: zeros keep their signs, and what is beneath
/// f32's normal numbers stays. The other one moves.
pub fn a_factor_that_is_not_trained_keeps_its_bits(engine: &dyn LoraEngine) {
    for problem in Problem::all() {
        for rule in OPTIMIZERS.into_iter().chain([DECAYS]) {
            for train in [Trained::A, Trained::B] {
                let mut problem = problem.clone().under(Init::AB);
                for adapter in &mut problem.adapters {
                    for factor in [&mut adapter.a, &mut adapter.b] {
                        factor[(0, 0)] = -0.0;
                        factor[(1, 1)] = f64::from(1e-40f32);
                    }
                }
                let training = training(rule, train);
                let run = engine.train(
                    &problem.model(),
                    &training,
                    &batches(&problem, 2),
                    None,
                    How::USUAL,
                );
                let name = format!("{}, {train:?} trained, {:?}", problem.case.name, rule.0);
                rests(&name, &problem, train, &run);
            }
        }
    }
}

fn rests(name: &str, problem: &Problem, train: Trained, run: &Run) {
    let last = &run.steps.last().expect("a step").adapters;
    for (start, (a, b)) in problem.adapters.iter().zip(last) {
        let same = |x: &Array2<f64>, y: &Array2<f64>| bits([x]) == bits([y]);
        let kept = [same(&start.a, a), same(&start.b, b)];
        let module = &start.module;
        let [rested, moved] = if train.a() { [kept[1], !kept[0]] } else { [kept[0], !kept[1]] };
        assert!(rested, "{name}: the other factor of {module} did not keep its bits");
        assert!(moved, "{name}: what is trained of {module} did not move");
        assert!(a.iter().chain(b).all(|v| v.is_finite()), "{name}: {module}");
    }
}

/// A run that is continued from its state, at any step, is the same run, with dropout and with moments.
pub fn a_run_continued_from_its_state_is_the_same_run(engine: &dyn LoraEngine) {
    const STEPS: usize = 4;
    for (place, problem) in Problem::all().enumerate() {
        let (rule, init) = (OPTIMIZERS[place % 4], Init::ALL[place % 3]);
        let problem = problem.under(init);
        let model = problem.with(Some(Dropout { rate: 0.3, seed: 5 }));
        let (training, batches) = (training(rule, Trained::AB), batches(&problem, STEPS));
        let train = |from: usize, to: usize, state: Option<&[u8]>| {
            engine.train(&model, &training, &batches[from..to], state, How::USUAL)
        };
        let whole = train(0, STEPS, None);
        for stop in 0..=STEPS {
            let first = train(0, stop, None);
            let second = train(stop, STEPS, Some(&first.state));
            let name = format!("{}, {:?}, stopped at {stop}", problem.case.name, rule.0);
            let steps: Vec<_> = first.steps.iter().chain(&second.steps).collect();
            let same = steps.iter().zip(&whole.steps).all(|(one, other)| *one == other);
            assert!(same && steps.len() == STEPS, "{name}: another run");
            assert!(second.state == whole.state, "{name}: another state at the end");
        }
    }
}

/// Recomputation and threads change no byte of a run, either.
pub fn a_run_does_not_depend_on_how_it_is_computed(engine: &dyn LoraEngine) {
    for (place, problem) in Problem::all().enumerate() {
        let training: Training = training(OPTIMIZERS[place % 4], Trained::AB);
        let batches = [problem.many(), problem.batch.clone()];
        let run = |threads, recompute| {
            let how = How { threads, recompute };
            engine.train(&problem.model(), &training, &batches, None, how)
        };
        let expected = run(1, false);
        for (threads, recompute) in [(2, false), (3, true)] {
            let same = run(threads, recompute) == expected;
            let name = problem.case.name;
            assert!(same, "{name}: {threads} threads, recompute {recompute}");
        }
    }
}
