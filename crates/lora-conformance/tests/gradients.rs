//! The reference's gradients against central differences, in f64.

use lora_conformance::cases::{ACTIVATIONS, INITS, model, run};
use lora_conformance::reference::{Reference, State};
use lora_sim::spec::{Activation, Model};
use lora_sim::{AdapterState, CpuEngine, Engine};
use ndarray::Array2;

/// Half the step of the difference. Its truncation error is O(h²) of the third derivative, its
/// rounding error ε/h: both near 1e-10 of the loss here.
const H: f64 = 1e-6;

#[test]
fn gradients_are_central_differences() {
    for (activation, linearised) in
        ACTIVATIONS.into_iter().flat_map(|phi| [(phi, false), (phi, true)])
    {
        let model = Model { linearised, ..model(20, 0, 3, activation) };
        let engine = CpuEngine::new();
        let problem = engine.prepare(&model, 30, 4).expect("a small problem");
        let reference = Reference::new(&model, &problem.frozen().expect("in memory"));
        for init in INITS {
            let state = State::from_engine(&AdapterState::initial(&model, 30, &run(init, 1.0)));
            let pass = reference.pass(&state.a, &state.b);
            if activation == Activation::Relu && !linearised {
                let nearest = pass.pre.iter().fold(f64::INFINITY, |m, p| m.min(p.abs()));
                assert!(nearest > 10.0 * H, "a kink lies within the difference");
            }
            let loss = |a: &Array2<f64>, b: &Array2<f64>| reference.pass(a, b).loss;
            compare(&pass.grad_a, &state.a, |a| loss(a, &state.b));
            compare(&pass.grad_b, &state.b, |b| loss(&state.a, b));
        }
    }
}

fn compare(gradient: &Array2<f64>, at: &Array2<f64>, loss: impl Fn(&Array2<f64>) -> f64) {
    let scale = gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
    for (index, &g) in gradient.indexed_iter() {
        let shifted = |by: f64| {
            let mut moved = at.clone();
            moved[index] += by;
            loss(&moved)
        };
        let difference = (shifted(H) - shifted(-H)) / (2.0 * H);
        assert!((g - difference).abs() <= 1e-7 * scale + 1e-9, "{index:?}: {g} {difference}");
    }
}
