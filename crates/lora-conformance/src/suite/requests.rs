//! Requests that an engine must refuse.

use lora_sim::spec::{Activation, Init, Model, Optimizer, Training};
use lora_sim::{AdapterState, Batch, Engine};

use crate::cases::{ADAM, model, run, training};

/// An engine refuses impossible models, learning rates and states with a typed error.
pub fn bad_requests_are_errors(engine: &dyn Engine) {
    let good = model(20, 0, 2, Activation::Relu);
    for bad in [
        Model { rank: 0, ..good.clone() },
        Model { points: 0, ..good.clone() },
        Model { multiplier: f64::NAN, ..good.clone() },
        Model { readout_exponent: f64::INFINITY, ..good.clone() },
        Model { readout_exponent: -40.0, ..good.clone() },
        Model { a_scale: 1e41, ..good.clone() },
    ] {
        assert!(engine.prepare(&bad, 20, 0).is_err(), "{bad:?}");
    }
    assert!(engine.prepare(&good, 0, 0).is_err());
    let mut problem = engine.prepare(&good, 20, 0).expect("a good model");
    let training = training(ADAM, 2);
    for lr in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-50, 1e39] {
        assert!(problem.train(&Batch::new(&training, &[run(Init::A, lr)])).is_err(), "lr {lr}");
    }
    for bad in [
        Training { lr_ratio: f64::INFINITY, ..training.clone() },
        Training { record_every: 0, ..training.clone() },
        Training { divergence_factor: f64::NAN, ..training.clone() },
        Training { optimizer: adam(1.0, 0.9, 1e-8), ..training.clone() },
        Training { optimizer: adam(0.9, f64::NAN, 1e-8), ..training.clone() },
        Training { optimizer: adam(0.9, 0.9, -1.0), ..training.clone() },
    ] {
        assert!(problem.train(&Batch::new(&bad, &[run(Init::A, 1.0)])).is_err(), "{bad:?}");
    }
    let state = AdapterState::initial(&good, 21, &run(Init::A, 1.0));
    let starts = [state];
    let runs = [run(Init::A, 1.0)];
    let batch = Batch { starts: Some(&starts), ..Batch::new(&training, &runs) };
    assert!(problem.train(&batch).is_err());
    assert!(problem.train(&Batch::new(&training, &[])).expect("an empty batch").is_empty());
}

fn adam(beta1: f64, beta2: f64, epsilon: f64) -> Optimizer {
    Optimizer::Adam { beta1, beta2, epsilon }
}
