//! A base that is trained before it is frozen: its first step against gradients in f64, and what it leaves alone.

mod common;

use common::model;
use lora_network::NetworkEngine;
use lora_sim::spec::{Activation, Ingredients, Model};
use lora_sim::{Data, Engine, Frozen};
use ndarray::{Array2, s};

const WIDTH: usize = 24;
const SEED: u64 = 5;

/// c, so large that a step of c/n is no rounding.
const RATE: f64 = 2.0;

fn trained(steps: usize, test_points: usize) -> Frozen {
    let ingredients = Ingredients {
        outputs: 2,
        pretrain_steps: steps,
        pretrain_lr: rate(steps),
        ..Ingredients::default()
    };
    let model = Model { test_points, activation: Activation::Tanh, ..model(ingredients) };
    let problem = NetworkEngine::new().prepare(&model, WIDTH, SEED).map(|problem| problem.frozen());
    problem.expect("a small problem").expect("in memory")
}

/// The rate is no ingredient of a base that is not trained.
fn rate(steps: usize) -> f64 {
    if steps > 0 { RATE } else { 1.0 }
}

fn columns(matrix: &lora_sim::AlignedMatrix, from: usize, count: usize) -> Array2<f64> {
    Array2::from_shape_fn((WIDTH, count), |(i, mu)| f64::from(matrix.row(i)[from + mu]))
}

/// Adam's first step moves every weight by the learning rate, against the sign of its gradient.
#[test]
fn the_first_step_goes_down_the_gradient_of_the_own_task() {
    let with = model(Ingredients::default());
    let (points, tests) = (with.points, with.test_points);
    // The samples of the own task lie behind the others.
    let random = trained(0, tests + points);
    let own = random.columns.column(points + tests);
    let (z, h) = (columns(&random.z, own, points), columns(&random.h, own, points));
    let more = Model { test_points: tests + points, activation: Activation::Tanh, ..with };
    let x = Data::draw(&more, SEED).x;
    let y = Data::teacher(&more, (SEED, 1), &x, 2).slice(s![.., points + tests..]).to_owned();
    let w_out = Array2::from_shape_fn((2, WIDTH), |(k, i)| f64::from(random.w_out[k * WIDTH + i]));
    let errors = w_out.dot(&h.mapv(f64::tanh)) - y;
    let of_readout = errors.dot(&h.mapv(f64::tanh).t());
    let signal = w_out.t().dot(&errors) * h.mapv(|h| 1.0 - h.tanh().powi(2));
    let step = RATE / WIDTH as f64;
    // a = 1/2.
    let of_layer = RATE * (WIDTH as f64).powf(-1.5);
    let moved = signal.dot(&z.t()).mapv(|g| -of_layer * g.signum());

    let after = trained(1, tests);
    for ((k, i), gradient) in of_readout.indexed_iter() {
        let by = f64::from(after.w_out[k * WIDTH + i]) - w_out[(k, i)];
        assert!((by + step * gradient.signum()).abs() < 1e-5 * step, "W_out {k} {i}: {by}");
    }
    let expected = columns(&random.h, 0, points) + moved.dot(&columns(&random.z, 0, points));
    let apart = columns(&after.h, 0, points) - expected;
    assert!(apart.iter().all(|apart| apart.abs() < 1e-4), "{apart}");
}

/// With the standard readout the output of a trained base stays of order one as the width grows: from n = 64 to 1024 its
/// rms moves by less than half of the factor of 4 by which n^1/2 would move it.
#[test]
fn a_trained_base_has_outputs_of_order_one() {
    let output = |width: usize| {
        let ingredients = Ingredients { pretrain_steps: 3, ..Ingredients::default() };
        let of_seed = |seed| {
            let engine = NetworkEngine::new();
            let problem =
                engine.prepare(&model(ingredients), width, seed).expect("a small problem");
            let frozen = problem.frozen().expect("in memory");
            let f = |mu: usize| -> f64 {
                let relu = |i: usize| f64::from(frozen.h.row(i)[mu]).max(0.0);
                (0..width).map(|i| f64::from(frozen.w_out[i]) * relu(i)).sum()
            };
            let points = frozen.columns.train;
            (0..points).map(|mu| f(mu).powi(2)).sum::<f64>() / points as f64
        };
        ((0..4).map(of_seed).sum::<f64>() / 4.0).sqrt()
    };
    let ratio = output(1024) / output(64);
    assert!((0.5..2.0).contains(&ratio), "{ratio}");
}

#[test]
fn inputs_and_targets_of_the_run_stay() {
    let [random, trained] = [trained(0, 3), trained(4, 3)];
    assert_eq!(random.y, trained.y);
    assert_eq!(random.z.as_slice(), trained.z.as_slice());
    assert_ne!(random.h.as_slice(), trained.h.as_slice());
}
