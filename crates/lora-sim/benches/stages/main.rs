//! Times of the stages of a training step, and the share of the roofline that each reaches.
//!
//! `cargo bench -p lora-sim` measures all stages, and `cargo bench -p lora-sim -- n=2048` those that
//! match the filter. Without `--bench`, as under `cargo test`, every stage runs once at a tiny size.

mod report;
mod setting;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use lora_sim::Batch;
use lora_sim::stages::{Peaks, Prepared, Stage};
use report::{StageTimes, report};
use setting::{Case, cases, isa, model, runs, student, training};

/// Warm-up steps, after which no parameter, moment or gradient is zero.
const WARM_UP: usize = 3;

/// All measurements so far.
static MEASURED: Mutex<Vec<StageTimes>> = Mutex::new(Vec::new());

#[divan::bench(args = cases(), max_time = Duration::from_secs(2))]
fn stages(bencher: divan::Bencher, case: Case) {
    let (model, frozen) = (model(), student(case.width));
    let (training, runs) = (training(), runs(case.width));
    let batch = Batch::new(&training, &runs);
    let mut prepared = Prepared::new(isa(), &model, &frozen, &batch).expect("a good batch");
    for _ in 0..WARM_UP {
        Stage::ALL.into_iter().for_each(|stage| prepared.run(stage));
    }
    // Right before and after, because the load of the machine changes.
    let measure = || Peaks::measure(isa(), !setting::measuring());
    let (before, mut seconds) = (measure(), Vec::new());
    // Measured here as well, because divan does not give out its table.
    bencher.bench_local(|| {
        let started = Instant::now();
        prepared.run(case.stage);
        seconds.push(started.elapsed().as_secs_f64());
    });
    let measured = StageTimes { case, seconds, peaks: before.best(measure()) };
    MEASURED.lock().expect("no bench panicked").push(measured);
}

fn main() {
    match setting::measuring() {
        true => divan::main(),
        // Without arguments: divan does not know those of a test harness.
        false => divan::Divan::default().test_benches(),
    }
    let measured = MEASURED.lock().expect("no bench panicked");
    if !measured.is_empty() {
        println!("\n{}", report(&measured));
    }
}
