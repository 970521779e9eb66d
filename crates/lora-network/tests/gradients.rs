//! Gradients of every ingredient alone and of all together, against central differences of the loss in f64.

mod common;

use common::{model, one_step};
use lora_conformance::ingredients::Network;
use lora_network::{NetworkEngine, minibatch};
use lora_sim::Engine;
use lora_sim::spec::{Activation, Ingredients, Loss, Model, Norm, Training};
use ndarray::{Array2, s};

const WIDTH: usize = 21;
const SEED: u64 = 3;

/// Roundings of f32 in sums of n and of N terms, and the differences' own error of h² = 1e-10.
const TOLERANCE: f64 = 2e-5;

fn cases() -> Vec<(&'static str, Ingredients, usize)> {
    let none = Ingredients::default();
    let classes = Ingredients { loss: Loss::CrossEntropy, outputs: 5, ..none };
    let all = Ingredients { norm: Norm::Rms, residual: true, layers: 2, ..classes };
    vec![
        ("none", none, 0),
        ("outputs", Ingredients { outputs: 3, ..none }, 0),
        ("cross-entropy", classes, 0),
        ("norm", Ingredients { norm: Norm::Rms, ..none }, 0),
        ("residual", Ingredients { residual: true, ..none }, 0),
        ("residual and norm", Ingredients { residual: true, norm: Norm::Rms, ..none }, 0),
        ("two layers", Ingredients { layers: 2, ..none }, 0),
        (
            "three layers with a residual stream",
            Ingredients { layers: 3, residual: true, ..none },
            0,
        ),
        ("trained base", Ingredients { pretrain_steps: 3, ..none }, 0),
        ("minibatch", none, 4),
        ("all", all, 4),
    ]
}

/// The largest error of an entry, in units of the largest entry.
fn apart(found: &Array2<f64>, expected: &Array2<f64>) -> f64 {
    let largest = |matrix: &Array2<f64>| matrix.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    largest(&(found - expected)) / largest(expected)
}

#[test]
fn gradients_are_differences_of_the_loss() {
    let engine = NetworkEngine::new();
    for activation in [Activation::Tanh, Activation::Relu] {
        for (name, ingredients, batch) in cases() {
            let model = Model { activation, ..model(ingredients) };
            let mut problem = engine.prepare(&model, WIDTH, SEED).expect("a small problem");
            let network = Network::new(&model, SEED, &problem.frozen().expect("in memory"));
            let training = Training { batch, ..common::sgd() };
            let step = one_step(problem.as_mut(), &model, WIDTH, &training);
            let weights = minibatch(SEED, 0, batch, model.points);
            let loss = network.loss(&step.a, &step.b, &minibatch(SEED, 0, 0, model.points));
            assert!((step.loss / loss - 1.0).abs() < 1e-6, "{name}: loss {} {loss}", step.loss);
            for (found, expected) in step.features.iter().zip(network.features(&step.a, &step.b)) {
                assert!((found / expected - 1.0).abs() < 1e-5, "{name}: rms {found} {expected}");
            }
            let [a, b] = network.gradients(&step.a, &step.b, &weights);
            for (factor, found, expected) in [("A", &step.da, &a), ("B", &step.db, &b)] {
                let apart = apart(found, expected);
                assert!(
                    apart < TOLERANCE,
                    "{name}, {activation:?}: ∂L/∂{factor} is off by {apart}"
                );
            }
        }
    }
}

/// A control: the gradient of one ingredient is not that of another.
#[test]
fn the_comparison_tells_ingredients_apart() {
    let engine = NetworkEngine::new();
    for (name, ingredients, _) in cases().into_iter().filter(|(_, of, _)| !of.are_none()) {
        let (with, without) = (model(ingredients), model(Ingredients::default()));
        let mut problem = engine.prepare(&with, WIDTH, SEED).expect("a small problem");
        let bare = engine.prepare(&without, WIDTH, SEED).expect("a small problem");
        let network = Network::new(&without, SEED, &bare.frozen().expect("in memory"));
        let step = one_step(problem.as_mut(), &with, WIDTH, &common::sgd());
        let weights = minibatch(SEED, 0, 0, with.points);
        let [_, b] = network.gradients(&step.a, &step.b, &weights);
        // Of the first layer alone, since the others have nothing beside them.
        let first = |b: &Array2<f64>| b.slice(s![.., ..without.rank]).to_owned();
        assert!(apart(&first(&step.db), &first(&b)) > 0.05, "{name}");
    }
}
