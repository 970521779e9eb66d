//! Small trainings recorded on the stand-in driver, and repeated under sanitizers: no two threads of
//! a block touch a value with nothing between them to order it, and no kernel leaves its memory.

use std::path::{Path, PathBuf};
use std::process::Command;

use lora_conformance::cases::{ACTIVATIONS, ADAM, model, training};
use lora_cuda::CudaEngine;
use lora_cuda_shim::{Check, unless_missing};
use lora_sim::spec::{Init, Model, Run, Training};
use lora_sim::{Batch, Engine};

/// Runs that start in every way; the last two diverge, one of them at once.
fn runs(count: usize) -> Vec<Run> {
    let inits = [Init::A, Init::B, Init::AB];
    let lr = |i: usize| if i + 2 < count { 1e-3 } else { 1e3 };
    (0..count).map(|i| Run { init: inits[i % 3], lr: lr(i), adapter_seed: i as u64 }).collect()
}

/// Trains a little at sizes that together launch every kernel of a step.
#[test]
#[ignore = "started by the other tests, to be recorded"]
fn trains_a_little() {
    lora_cuda_shim::preload_or_skip!();
    let engine = CudaEngine::new(0).expect("the stand-in is a device");
    // Few rows, some, many: each has a tile of its own. The first has points for two tiles of columns.
    for (points, rank, count) in [(140, 2, 3), (40, 3, 6), (40, 5, 3), (40, 17, 3)] {
        for activation in ACTIVATIONS {
            let explicit_hidden_up_to = if rank == 3 { 0 } else { 8192 };
            let model = Model { explicit_hidden_up_to, ..model(points, 9, rank, activation) };
            let mut problem = engine.prepare(&model, 130, 1).expect("a small problem");
            let training =
                Training { record_every: 2, divergence_factor: 1.5, ..training(ADAM, 2) };
            let outcomes = problem.train(&Batch::new(&training, &runs(count))).expect("trains");
            assert!(outcomes.iter().any(|outcome| outcome.trajectory.diverged_at.is_some()));
        }
    }
}

/// A tape of [`trains_a_little`], where that can be compiled.
fn tape(folder: &Path) -> Option<PathBuf> {
    unless_missing(lora_cuda_shim::driver())?;
    let tape = folder.join("tape");
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "trains_a_little"])
        .env("CUDA_ON_CPU_TAPE", &tape)
        .output()
        .expect("this program runs again");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    Some(tape)
}

fn is_quiet(check: Check) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(tape) = tape(folder.path()) else { return };
    if let Some(replayed) = unless_missing(lora_cuda_shim::replay(&tape, check, None)) {
        assert!(replayed.status.success(), "{}", replayed.text);
    }
}

#[test]
fn threads_do_not_race() {
    is_quiet(Check::Races);
}

#[test]
fn kernels_stay_within_their_memory() {
    is_quiet(Check::Bounds);
}

/// Without any one of its barriers a kernel races, and that is seen: so no barrier is there for
/// nothing, and none is missing. All of them with PROPTEST_CASES of 1000 or more, three otherwise.
#[test]
fn a_missing_barrier_is_a_race() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(tape) = tape(folder.path()) else { return };
    let effort = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let barriers = lora_cuda_shim::barriers();
    let step = if effort.unwrap_or(0) >= 1000 { 1 } else { barriers.len().div_ceil(3) };
    for barrier in barriers.iter().step_by(step) {
        let checked = lora_cuda_shim::replay(&tape, Check::Races, Some(barrier));
        let Some(replayed) = unless_missing(checked) else { return };
        assert!(!replayed.status.success(), "{barrier} can be dropped");
        assert!(replayed.text.contains("data race"), "{barrier}: {}", replayed.text);
    }
}
