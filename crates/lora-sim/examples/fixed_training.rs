//! A small fixed training whose instructions `.ci/instructions` counts.
//!
//! Usage: fixed_training SET STEPS, where SET names an instruction set such as avx2. Exit codes: 0 for
//! success, 2 for bad arguments, 3 if this machine does not have the instruction set.

use std::process::ExitCode;

use lora_sim::spec::{Hidden, Init, Model, Run, Training};
use lora_sim::{Batch, CpuEngine, Engine, Isa};

const WIDTH: usize = 256;
const SAMPLES: usize = 100;

/// No step but the first and the last is recorded, so that trainings of five steps and of one differ by
/// four equal steps.
const RECORD_EVERY: usize = 100;

/// Four runs with n = 256, N = 100 and r = 4, without W_h, whose product a library computes.
fn train(isa: Isa, steps: usize) -> f64 {
    let model = Model { points: SAMPLES, rank: 4, hidden: Hidden::Zero, ..Model::default() };
    let run = |(i, init)| Run { init, lr: 1e-4, adapter_seed: i as u64 };
    let runs: Vec<Run> =
        [Init::A, Init::A, Init::B, Init::B].into_iter().enumerate().map(run).collect();
    let training = Training { steps, record_every: RECORD_EVERY, ..Training::default() };
    let engine = CpuEngine::with_isa(isa);
    let mut problem = engine.prepare(&model, WIDTH, 0).expect("a good model");
    let outcomes = problem.train(&Batch::new(&training, &runs)).expect("a good batch");
    outcomes.iter().flat_map(|outcome| outcome.trajectory.losses.last()).sum()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [set, steps] = arguments.as_slice() else {
        eprintln!("usage: fixed_training SET STEPS");
        return ExitCode::from(2);
    };
    let Ok(steps) = steps.parse() else {
        eprintln!("{steps}: must be a number of steps");
        return ExitCode::from(2);
    };
    let Some(isa) = Isa::available().into_iter().find(|isa| isa.name().eq_ignore_ascii_case(set))
    else {
        eprintln!("{set}: not an instruction set of this machine");
        return ExitCode::from(3);
    };
    // On this thread alone: the count would include threads that wait for work.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let pool = pool.expect("no pool has this thread yet");
    println!("{}", pool.install(|| train(isa, steps)));
    ExitCode::SUCCESS
}
