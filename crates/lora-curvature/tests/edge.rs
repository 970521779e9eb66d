//! The threshold, and what is refused.

use lora_curvature::{CurvatureError, Descent, Factors, Network, follow};
use lora_sim::spec::{Init, Model, Optimizer, Run, Training};

/// |x| after many steps of m ← β₁ m + (1 − β₁) λ x, x ← x − m, from 1, or once it is large.
fn after(beta1: f64, lambda: f64) -> f64 {
    let (mut x, mut m, mut steps) = (1.0f64, 0.0, 0);
    while steps < 4000 && x.abs() < 1e9 {
        m = beta1 * m + (1.0 - beta1) * lambda * x;
        x -= m;
        steps += 1;
    }
    x.abs()
}

/// A quadratic converges just under the threshold and explodes just above it.
#[test]
fn quadratics_explode_above_the_threshold_alone() {
    for beta1 in [0.0, 0.5, 0.9] {
        let optimizer = match beta1 {
            0.0 => Optimizer::Sgd,
            _ => Optimizer::Adam { beta1, beta2: 0.999, epsilon: 1e-8 },
        };
        let training = Training { optimizer, ..Training::default() };
        let descent = Descent::new(&training, 1.0, Factors::zeros(1, 1)).unwrap();
        let edge = descent.threshold();
        assert!(after(beta1, 0.98 * edge) < 1e-6, "β₁ = {beta1}");
        assert!(after(beta1, 1.02 * edge) > 1e6, "β₁ = {beta1}");
    }
}

/// SGD on a quadratic of one entry: D = η, so that η λ decides.
#[test]
fn the_scale_of_sgd_is_the_learning_rate_and_that_of_adam_has_its_corrections() {
    let of = |optimizer| Training { optimizer, lr_ratio: 3.0, ..Training::default() };
    let gradient = Factors::zeros(1, 1).map(|_| 0.5);
    let noted = |training: &Training| {
        let mut descent = Descent::new(training, 0.1, Factors::zeros(1, 1)).unwrap();
        descent.note(&gradient);
        descent
    };
    let sgd = noted(&of(Optimizer::Sgd));
    assert_eq!((sgd.scale().a[(0, 0)], sgd.scale().b[(0, 0)]), (0.1, 0.1 * 3.0));
    let mut adam = noted(&of(Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 0.0 }));
    // P = (1 − β₁)|g| after one gradient.
    assert!((adam.scale().a[(0, 0)] - 0.1 / (0.1 * 0.5)).abs() < 1e-12);
    // The step itself is η, whatever the gradient's size.
    adam.advance();
    assert!((adam.factors.a[(0, 0)] + 0.1).abs() < 1e-12);
    // No gradient, no step.
    let mut still = Descent::new(&of(Optimizer::Sgd), 0.1, Factors::zeros(1, 1)).unwrap();
    still.note(&Factors::zeros(1, 1));
    still.advance();
    assert_eq!(still.factors, Factors::zeros(1, 1));
}

/// A learning rate far above the edge diverges, and the trace ends where it does.
#[test]
fn a_run_that_diverges_ends_there() {
    let model = Model { points: 8, test_points: 0, ..Model::default() };
    let training = Training {
        optimizer: Optimizer::Sgd,
        steps: 200,
        record_every: 1,
        divergence_factor: 100.0,
        ..Training::default()
    };
    let at = |lr| {
        let run = Run { init: Init::B, lr, adapter_seed: 0 };
        follow(&model, (16, 0), &training, &run).unwrap()
    };
    let first = at(1e-3).points[0].sharpness.value / 1e-3;
    let (low, high) = (at(0.1 / first), at(100.0 / first));
    assert!(low.diverged_at.is_none() && low.points.len() == 201);
    assert!(high.diverged_at.is_some_and(|step| high.points.len() == step), "{high:?}");
    assert!(high.points[0].at_edge > 1.0 && low.points[0].at_edge < 1.0);
}

#[test]
fn what_has_no_threshold_is_refused() {
    let start = || Factors::zeros(2, 1);
    let sign = Training { optimizer: Optimizer::SignSgd, ..Training::default() };
    let said = |training: &Training, lr| {
        Descent::new(training, lr, start()).map_err(|error| error.to_string()).unwrap_err()
    };
    assert_eq!(
        said(&sign, 0.1),
        "optimizer is sign-sgd, but must be adam or sgd: no threshold is known for another one"
    );
    assert_eq!(said(&Training::default(), f64::NAN), "lr is NaN, but must be a positive number");
    let linear = Model { linearised: true, ..Model::default() };
    let refused = Network::draw(&linear, 8, 0).unwrap_err();
    assert!(matches!(refused, CurvatureError::Invalid { key: "model.linearised", .. }));
}
