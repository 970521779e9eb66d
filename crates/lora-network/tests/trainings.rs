//! Whole trainings: beside the fused engine, on any number of threads, on minibatches, and what is refused.

mod common;

use common::{RUN, model};
use lora_network::NetworkEngine;
use lora_sim::spec::{Ingredients, Init, Loss, Model, Norm, Run, Training};
use lora_sim::{Batch, CpuEngine, Engine, LayerEngine, Outcome, SimError};

const ALL: Ingredients = Ingredients {
    loss: Loss::CrossEntropy,
    outputs: 4,
    norm: Norm::Rms,
    residual: true,
    layers: 2,
    pretrain_steps: 3,
    pretrain_lr: 1.0,
};

fn runs() -> Vec<Run> {
    let of = |init| [0.003, 0.03].map(|lr| Run { init, lr, adapter_seed: 2 });
    [Init::A, Init::B].into_iter().flat_map(of).collect()
}

fn trained(engine: &dyn Engine, model: &Model, width: usize, training: &Training) -> Vec<Outcome> {
    let mut problem = engine.prepare(model, width, 2).expect("a small problem");
    let (runs, batch) = (runs(), Batch::new(training, &[]));
    let batch = Batch { runs: &runs, keep_states: true, ..batch };
    problem.train(&batch).expect("a good batch")
}

/// Adam turns a gradient entry that is nothing but rounding into a whole step, so that two engines part by
/// the share of such entries: fewer than one in a thousand here.
#[test]
fn the_bare_layer_trains_as_on_the_fused_engine() {
    let model = Model { points: 40, ..model(Ingredients::default()) };
    let training = Training { steps: 30, ..Training::default() };
    let engines: [&dyn Engine; 2] = [&CpuEngine::new(), &NetworkEngine::new()];
    let [fused, plain] = engines.map(|engine| trained(engine, &model, 200, &training));
    for (fused, plain) in fused.iter().zip(&plain) {
        let [fused, plain] = [fused, plain].map(|outcome| &outcome.trajectory);
        let close = |one: f64, other: f64| (one - other).abs() <= 1e-3 * one.abs() + 1e-7;
        assert!(fused.losses.iter().zip(&plain.losses).all(|(one, other)| close(*one, *other)));
        assert!(close(fused.peak_zb, plain.peak_zb), "{} {}", fused.peak_zb, plain.peak_zb);
        for (one, other) in fused.records.iter().zip(&plain.records) {
            for measurement in lora_sim::Record::MEASUREMENTS {
                let [one, other] = [one, other].map(measurement.get);
                assert!(close(one, other), "{}: {one} {other}", measurement.name);
            }
        }
    }
}

#[test]
fn threads_change_no_byte() {
    let training = Training { steps: 12, batch: 5, ..Training::default() };
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| trained(&NetworkEngine::new(), &model(ALL), 70, &training))
    };
    assert_eq!(on(1), on(2));
}

#[test]
fn a_minibatch_of_all_samples_is_the_full_batch() {
    let (engine, model) = (NetworkEngine::new(), model(ALL));
    let on = |batch| {
        let training = Training { steps: 6, batch, ..Training::default() };
        trained(&engine, &model, 50, &training)
    };
    assert_eq!(on(0), on(model.points));
    assert_ne!(on(0), on(model.points - 1));
}

/// The samples of a step go by the number of its update, so that a run can be continued.
#[test]
fn a_run_on_minibatches_goes_on_from_its_state() {
    let (engine, model) = (NetworkEngine::new(), model(ALL));
    let training = |steps| Training { steps, batch: 3, ..Training::default() };
    let mut problem = engine.prepare(&model, 50, 0).expect("a small problem");
    let whole = training(7);
    let batch = Batch { keep_states: true, ..Batch::new(&whole, &[RUN]) };
    let straight = problem.train(&batch).expect("a good batch").remove(0).state;
    let (first, rest) = (training(3), training(4));
    let batch = Batch { training: &first, ..batch };
    let state = problem.train(&batch).expect("a good batch").remove(0).state.expect("asked for");
    let starts = [state];
    let batch = Batch { training: &rest, starts: Some(&starts), ..batch };
    let continued = problem.train(&batch).expect("a good batch").remove(0).state;
    assert_eq!(straight, continued);
}

/// Without held-out samples, with one class too few and one output, and what other engines do not know.
#[test]
fn what_an_engine_does_not_know_is_refused_by_its_key() {
    let key = |engine: &dyn Engine, model: &Model, training: &Training| {
        let prepared = engine.prepare(model, 30, 0);
        let trained = prepared.and_then(|mut problem| problem.train(&Batch::new(training, &[RUN])));
        match trained {
            Err(SimError::Invalid { key, .. }) => key,
            Err(other) => panic!("{other}"),
            Ok(_) => "",
        }
    };
    let (network, plain) = (NetworkEngine::new(), Training { steps: 1, ..Training::default() });
    let good = model(ALL);
    assert_eq!(key(&network, &Model { test_points: 0, ..good.clone() }, &plain), "");
    let one_class = Ingredients { outputs: 1, ..ALL };
    assert_eq!(key(&network, &model(one_class), &plain), "outputs");
    let no_output = Ingredients { outputs: 0, ..Ingredients::default() };
    assert_eq!(key(&network, &model(no_output), &plain), "outputs");
    assert_eq!(key(&network, &Model { linearised: true, ..good.clone() }, &plain), "linearised");
    assert_eq!(key(&network, &Model { rank: 0, ..good.clone() }, &plain), "rank");
    let large = Training { batch: good.points + 1, ..plain.clone() };
    assert_eq!(key(&network, &good, &large), "batch");
    let bare = model(Ingredients::default());
    for engine in [&CpuEngine::new() as &dyn Engine, &LayerEngine::new()] {
        assert_eq!(key(engine, &good, &plain), "loss");
        let residual = Ingredients { residual: true, ..Ingredients::default() };
        assert_eq!(key(engine, &model(residual), &plain), "residual");
        assert_eq!(key(engine, &bare, &Training { batch: 3, ..plain.clone() }), "batch");
    }
}

#[test]
fn more_outputs_leave_the_first_and_its_target_as_they_were() {
    let frozen = |outputs| {
        let model = model(Ingredients { outputs, ..Ingredients::default() });
        let problem = NetworkEngine::new().prepare(&model, 30, 0).map(|problem| problem.frozen());
        problem.expect("a small problem").expect("in memory")
    };
    let (one, three) = (frozen(1), frozen(3));
    assert_eq!(three.w_out.len(), 3 * one.w_out.len());
    assert_eq!(three.w_out[..30], one.w_out);
    let all = one.columns.all();
    let apart = one.y.iter().zip(&three.y[..all]).map(|(one, other)| (one - other).abs());
    assert!(apart.fold(0.0, f32::max) < 1e-6);
    assert_ne!(three.y[..all], three.y[all..2 * all]);
}
