//! Trainings longer than the host lets the device run alone.

use lora_conformance::cases::{ADAM, model, training};
use lora_cuda::CudaEngine;
use lora_sim::spec::{Activation, Init, Run, Training};
use lora_sim::{Batch, CpuEngine, Engine, Outcome};

const STEPS: usize = 600;

fn train(engine: &dyn Engine, training: &Training, runs: &[Run]) -> Vec<Outcome> {
    let model = model(30, 5, 3, Activation::Relu);
    let mut problem = engine.prepare(&model, 40, 2).expect("a small problem");
    let batch = Batch { keep_states: true, ..Batch::new(training, runs) };
    problem.train(&batch).expect("trains")
}

/// The host looks after 256 steps, and again; nothing shows it. One run diverges between two looks.
#[test]
fn nothing_shows_when_the_host_looked() {
    lora_cuda_shim::preload_or_skip!();
    let cuda = CudaEngine::new(0).expect("the stand-in is a device");
    let training = Training { record_every: 7, divergence_factor: 3.0, ..training(ADAM, STEPS) };
    let run = |init, lr, adapter_seed| Run { init, lr, adapter_seed };
    let runs = [run(Init::A, 1e-4, 0), run(Init::AB, 0.02, 1), run(Init::B, 1e-4, 2)];
    let (got, want) = (train(&cuda, &training, &runs), train(&CpuEngine::new(), &training, &runs));
    for (got, want) in got.iter().zip(&want) {
        let (got, want) = (&got.trajectory, &want.trajectory);
        assert_eq!(got.diverged_at.is_some(), want.diverged_at.is_some());
        let steps = |records: &[lora_sim::Record]| -> Vec<usize> {
            records.iter().map(|record| record.step).collect()
        };
        if got.diverged_at.is_none() {
            assert_eq!(got.losses.len(), STEPS + 1);
            assert_eq!(steps(&got.records), steps(&want.records));
            let (first, last) = (got.losses[0], got.losses[STEPS]);
            assert!((last - want.losses[STEPS]).abs() < 1e-3 * first, "{last}");
        }
    }
}

/// Continued from its state it is the same run, wherever it was cut.
#[test]
fn a_long_run_can_be_cut_anywhere() {
    lora_cuda_shim::preload_or_skip!();
    let cuda = CudaEngine::new(0).expect("the stand-in is a device");
    let model = model(30, 5, 3, Activation::Relu);
    let mut problem = cuda.prepare(&model, 40, 2).expect("a small problem");
    let runs = [Run { init: Init::A, lr: 1e-3, adapter_seed: 0 }];
    let mut train = |steps, starts: Option<&[lora_sim::AdapterState]>| {
        let training = training(ADAM, steps);
        let batch = Batch { training: &training, runs: &runs, starts, keep_states: true };
        problem.train(&batch).expect("trains").remove(0)
    };
    let whole = train(300, None);
    for cut in [1, 255, 256, 257] {
        let part = train(cut, None);
        let state = [part.state.expect("asked for")];
        let rest = train(300 - cut, Some(&state));
        assert_eq!(rest.state, whole.state, "cut at {cut}");
        assert_eq!(rest.trajectory.losses[..], whole.trajectory.losses[cut..]);
    }
}
