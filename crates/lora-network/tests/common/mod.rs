//! A small model, and one step of SGD with its gradients.
#![allow(dead_code)]

use lora_sim::spec::{Ingredients, Init, Model, Optimizer, Run, Teacher, Training};
use lora_sim::{AdapterState, Batch, Problem, Record};
use ndarray::Array2;

/// Both factors random, so that both have gradients.
pub const RUN: Run = Run { init: Init::AB, lr: 512.0, adapter_seed: 9 };

/// Eleven samples, rank 2.
pub fn model(ingredients: Ingredients) -> Model {
    Model {
        points: 11,
        test_points: 3,
        rank: 2,
        multiplier: 0.75,
        teacher: Teacher { width: 40, rank: 3 },
        ingredients,
        ..Model::default()
    }
}

/// One step of SGD.
pub fn sgd() -> Training {
    Training { optimizer: Optimizer::Sgd, steps: 1, ..Training::default() }
}

/// A and B before a step, with the gradients and the loss there.
pub struct Step {
    pub a: Array2<f64>,
    pub b: Array2<f64>,
    pub da: Array2<f64>,
    pub db: Array2<f64>,
    pub loss: f64,
    /// The rms of Z_A and of Z_B there.
    pub features: [f64; 2],
}

/// Takes one step of [`sgd`] at a rate so large that the start is nothing beside the gradient.
pub fn one_step(problem: &mut dyn Problem, model: &Model, width: usize, of: &Training) -> Step {
    // As many random entries as L layers have, one matrix below the other.
    let layers = model.ingredients.layers;
    let b_scale = model.b_scale * (layers as f64).sqrt();
    let all = Model { rank: layers * model.rank, b_scale, ..model.clone() };
    let start = AdapterState::initial(&all, width, &RUN);
    let batch = Batch { keep_states: true, ..Batch::new(of, &[RUN]) };
    let outcome = problem.train(&batch).expect("a good batch").remove(0);
    let end = outcome.state.expect("asked for");
    let wide = |matrix: &Array2<f32>| matrix.mapv(f64::from);
    let gradient = |start: &Array2<f32>, end: &Array2<f32>| (wide(start) - wide(end)) / RUN.lr;
    Step {
        da: gradient(&start.a, &end.a),
        db: gradient(&start.b, &end.b),
        a: wide(&start.a),
        b: wide(&start.b),
        loss: outcome.trajectory.losses[0],
        features: [|r: &Record| r.za_rms, |r: &Record| r.zb_rms]
            .map(|rms| rms(&outcome.trajectory.records[0])),
    }
}
