//! A small training that never changes, for counting its instructions: see `.ci/instructions`.
//!
//! Usage: fixed_training SET STEPS, with SET an instruction set by name, such as avx2. Exit codes:
//! 0 done; 2 the request is at fault; 3 this machine does not have the set.

use std::process::ExitCode;

use lora_sim::spec::{Hidden, Init, Model, Run, Training};
use lora_sim::{Batch, CpuEngine, Engine, Isa};

const WIDTH: usize = 256;
const POINTS: usize = 100;

/// So that one step and five differ by four like steps: none of them recorded.
const RECORD_EVERY: usize = 100;

/// n = 256, N = 100, r = 4, four runs; without W_h, whose product is a library's.
fn train(isa: Isa, steps: usize) -> f64 {
    let model = Model { points: POINTS, rank: 4, hidden: Hidden::Zero, ..Model::default() };
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
    // On this thread alone: threads that wait for work would be counted, too.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let pool = pool.expect("no pool has this thread yet");
    println!("{}", pool.install(|| train(isa, steps)));
    ExitCode::SUCCESS
}
