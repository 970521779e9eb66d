//! Gradients of the whole model against differences of the engine's own loss.

use ndarray::Array2;

use super::Problem;
use crate::transformer::difference::{derivative, inner};
use crate::transformer::engine::{Dropout, How, LoraEngine};
use crate::transformer::inputs::Adapter;

/// With its mask fixed the loss is a function, smooth but for DistilBERT's ReLUs. Its derivative along a
/// gradient is the gradient's norm. A backward pass with another mask than the forward pass would miss that
/// by some tens of percent.
pub fn gradients_are_those_of_the_loss_with_the_same_mask(engine: &dyn LoraEngine) {
    let mask = Some(Dropout { rate: 0.4, seed: 11 });
    for problem in Problem::all() {
        let [plain, masked] = [None, mask]
            .map(|mask| engine.forward(&problem.with(mask), &problem.batch, How::USUAL).loss);
        assert_ne!(plain, masked, "{}: dropout changes the loss", problem.case.name);
        for mask in [None, mask] {
            let model = problem.with(mask);
            let gradients = engine.gradients(&model, &problem.batch, How::USUAL).adapters;
            for (place, (da, db)) in gradients.iter().enumerate() {
                along_a_gradient(engine, &problem, mask, (place, da, db));
            }
        }
    }
}

fn along_a_gradient(
    engine: &dyn LoraEngine,
    problem: &Problem,
    mask: Option<Dropout>,
    (place, da, db): (usize, &Array2<f64>, &Array2<f64>),
) {
    let norm = (inner(da, da) + inner(db, db)).sqrt();
    let moved = |factor: &Array2<f64>, d: &Array2<f64>, by: f64| {
        (factor + &(d * by)).mapv(|value| f64::from(value as f32))
    };
    let along = |by: f64| {
        let mut adapters = problem.adapters.clone();
        let Adapter { a, b, .. } = &mut adapters[place];
        (*a, *b) = (moved(a, da, by / norm), moved(b, db, by / norm));
        let moved = Problem { adapters, ..problem.clone() };
        engine.forward(&moved.with(mask), &problem.batch, How::USUAL).loss
    };
    // A short step crosses no kink. The loss is known to some 1e-7, and is divided by the step.
    let kinks = problem.case.name.starts_with("DistilBERT");
    let step = if kinks { 0.002 } else { 0.01 };
    let quotient = derivative(along, step);
    let (name, module) = (problem.case.name, &problem.adapters[place].module);
    assert!(
        (quotient - norm).abs() < 1e-6 / step + 2e-3 * norm,
        "{name}: along the gradient of {module} the loss has the slope {quotient}, not {norm} ({mask:?})"
    );
}
