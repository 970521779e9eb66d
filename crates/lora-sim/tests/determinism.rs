//! Results have the same bytes for any number of threads and for all instruction sets that fuse
//! multiply-adds.

use lora_sim::spec::{Activation, Hidden, Init, Model, Run, Training};
use lora_sim::{Batch, CpuEngine, Engine, Isa, LayerEngine, Outcome};

fn train(engine: CpuEngine, model: &Model, width: usize, threads: usize) -> Vec<Outcome> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    pool.install(|| {
        let mut problem = engine.prepare(model, width, 3).expect("a small problem");
        let training = Training { steps: 6, record_every: 2, ..Training::default() };
        let runs: Vec<Run> = (0..5)
            .map(|i| Run {
                init: [Init::A, Init::B, Init::AB][i % 3],
                lr: 1e-3 * 4f64.powi(i as i32),
                adapter_seed: i as u64,
            })
            .collect();
        let batch = Batch { keep_states: true, ..Batch::new(&training, &runs) };
        problem.train(&batch).expect("a good batch")
    })
}

#[test]
fn threads_change_no_byte() {
    for (width, points, activation, explicit) in [
        (130, 100, Activation::Relu, 8192),
        (1100, 333, Activation::Relu, 8192),
        (1100, 90, Activation::Gelu, 0),
    ] {
        let model = Model {
            points,
            activation,
            explicit_hidden_up_to: explicit,
            test_points: 17,
            ..Model::default()
        };
        let one = train(CpuEngine::new(), &model, width, 1);
        for threads in [2, 7, 16] {
            assert_eq!(train(CpuEngine::new(), &model, width, threads), one, "{threads} threads");
        }
    }
}

#[test]
fn a_repeat_gives_the_same_bytes() {
    let model = Model { points: 64, ..Model::default() };
    assert_eq!(train(CpuEngine::new(), &model, 200, 2), train(CpuEngine::new(), &model, 200, 2));
}

/// Instruction sets that fuse multiply-adds agree bit for bit; the portable set rounds twice and is
/// close. The models have no W_h, because a library with its own kernels computes W_h Z.
#[test]
fn every_instruction_set_learns_the_same_thing() {
    for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
        let model = Model { points: 70, activation, hidden: Hidden::Zero, ..Model::default() };
        let results: Vec<(Isa, Vec<Outcome>)> = Isa::available()
            .into_iter()
            .map(|isa| (isa, train(CpuEngine::with_isa(isa), &model, 200, 2)))
            .collect();
        let (_, first) = &results[0];
        for (isa, other) in &results[1..] {
            if isa.name() != "portable" {
                assert_eq!(first, other, "{activation:?} {}", isa.name());
            }
            for (a, b) in first.iter().zip(other) {
                let last = |o: &Outcome| *o.trajectory.losses.last().expect("losses");
                assert!((last(a) - last(b)).abs() <= 1e-4 * last(a).max(1e-2));
            }
        }
    }
}

/// The key of stored results: engine, version and instruction set, but not the number of threads.
#[test]
fn numerics_name_what_decides_the_bytes() {
    for isa in Isa::available() {
        let (version, set) = (lora_sim::NUMERICS, isa.name());
        assert_eq!(CpuEngine::with_isa(isa).numerics(), format!("cpu-{version} {set}"));
        assert_eq!(LayerEngine::with_isa(isa).numerics(), format!("layer-{version} {set}"));
    }
}
