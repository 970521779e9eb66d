//! The student linearised at H, against the reference.

use lora_sim::spec::{Activation, Init, Model};
use lora_sim::{Engine, Problem, SimError};

use super::records::records_agree;
use super::{one, steps_agree};
use crate::cases::{ACTIVATIONS, INITS, OPTIMIZERS, model, run, training};
use crate::reference::Reference;

/// (n, N, test samples, r): odd sizes, many data columns, many neurons.
const SIZES: [(usize, usize, usize, usize); 3] =
    [(37, 23, 5, 3), (70, 1040, 5, 2), (300, 70, 30, 9)];

/// Steps and records of the linearised student agree with the reference, for every activation, init and
/// optimizer. An engine that does not have it must refuse it; then nothing else is checked.
pub fn a_linearised_network_agrees_with_the_reference(engine: &dyn Engine) {
    for (n, points, test_points, rank) in SIZES {
        for activation in ACTIVATIONS {
            let model = linearised(model(points, test_points, rank, activation));
            let Some(mut problem) = prepared(engine, &model, n) else { return };
            let reference = Reference::new(&model, &problem.frozen().expect("in memory"));
            for (optimizer, lr) in OPTIMIZERS {
                for init in INITS {
                    let name = format!("linearised {activation:?}, {optimizer:?}, {init:?}, n {n}");
                    let (problem, run) = (problem.as_mut(), run(init, lr));
                    let of_step = training(optimizer, 1);
                    steps_agree(&name, &model, &reference, problem, &of_step, &run, None);
                    let of_two = training(optimizer, 2);
                    records_agree(&name, (&model, &reference), problem, &of_two, &run);
                }
            }
        }
    }
}

/// Where B A is zero the linearised student is the student itself, and where it is not, it is another one.
pub fn a_linearised_network_starts_as_the_network(engine: &dyn Engine) {
    for activation in ACTIVATIONS {
        let full = model(40, 10, 4, activation);
        let of = linearised(full.clone());
        let Some(mut linear) = prepared(engine, &of, 100) else { return };
        let mut full = engine.prepare(&full, 100, 7).expect("a small problem");
        let mut losses = |init| {
            let (optimizer, lr) = OPTIMIZERS[0];
            let training = training(optimizer, 3);
            [&mut full, &mut linear].map(|problem| {
                one(problem.as_mut(), &training, &run(init, lr), None).trajectory.losses
            })
        };
        for init in [Init::A, Init::B] {
            let [full, linear] = losses(init);
            let apart = |t: usize| (full[t] - linear[t]).abs() / full[t];
            // The tangent of a smooth φ at H is rounded once more.
            let rounding = if activation == Activation::Relu { 0.0 } else { 1e-6 };
            assert!(apart(0) <= rounding, "{activation:?} {init:?}: {} at first", apart(0));
            assert!(apart(3) > 1e-5, "{activation:?} {init:?}: {} after three steps", apart(3));
        }
    }
}

fn linearised(model: Model) -> Model {
    Model { linearised: true, ..model }
}

/// The problem; none if the engine has no linearised network, which it must then refuse.
fn prepared<'e>(engine: &'e dyn Engine, model: &Model, n: usize) -> Option<Box<dyn Problem + 'e>> {
    let prepared = engine.prepare(model, n, 7);
    if engine.linearises() {
        return Some(prepared.expect("a small problem"));
    }
    let refused = matches!(prepared, Err(SimError::Invalid { key: "linearised", .. }));
    assert!(refused, "an engine without the linearised network must refuse it by its key");
    None
}
