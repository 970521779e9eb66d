//! Times of the stages of a training step, and how near each comes to its roofline.
//!
//! `cargo bench -p lora-sim` measures; `cargo bench -p lora-sim -- n=2048` only what the filter
//! matches. Without `--bench`, as under `cargo test`, everything runs once at a tiny size.

mod peaks;
mod report;
mod setting;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use lora_sim::Batch;
use lora_sim::stages::{Prepared, Stage};
use report::{Measured, report};
use setting::{Case, cases, isa, model, runs, student, training};

/// Steps to warm up with: after them no parameter, moment or gradient is zero.
const WARM_UP: usize = 3;

/// What was measured so far.
static MEASURED: Mutex<Vec<Measured>> = Mutex::new(Vec::new());

#[divan::bench(args = cases(), max_time = Duration::from_secs(2))]
fn stages(bencher: divan::Bencher, case: Case) {
    let (model, frozen) = (model(), student(case.width));
    let (training, runs) = (training(), runs(case.width));
    let batch = Batch::new(&training, &runs);
    let mut prepared = Prepared::new(isa(), &model, &frozen, &batch).expect("a good batch");
    for _ in 0..WARM_UP {
        Stage::ALL.into_iter().for_each(|stage| prepared.run(stage));
    }
    // Right before and after, since other users of the machine come and go.
    let (before, mut seconds) = (peaks::measure(), Vec::new());
    // Watched here, too, since divan tells its table to nobody.
    bencher.bench_local(|| {
        let started = Instant::now();
        prepared.run(case.stage);
        seconds.push(started.elapsed().as_secs_f64());
    });
    let measured = Measured { case, seconds, peaks: peaks::best(before, peaks::measure()) };
    MEASURED.lock().expect("no bench panicked").push(measured);
}

fn main() {
    match setting::measuring() {
        true => divan::main(),
        // Not from the arguments: those of a test harness are not divan's.
        false => divan::Divan::default().test_benches(),
    }
    let measured = MEASURED.lock().expect("no bench panicked");
    if !measured.is_empty() {
        println!("\n{}", report(&measured));
    }
}
