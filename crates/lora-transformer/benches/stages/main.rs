//! Times of the stages of a step, with the share of the roofline that each reaches, and of whole steps.
//!
//! `cargo bench -p lora-transformer --bench stages` measures all of it, and with `-- minilm` what has this in
//! its name. Without `--bench`, as under `cargo test`, everything runs once at a tiny size.
//!
//! Every thread of the pool runs a stage on rows of its own, at the same time as all others, as slices of a
//! batch are trained.

#[path = "../models/mod.rs"]
mod models;
mod report;
mod setting;
mod stage;
mod whole;

use std::sync::Barrier;
use std::time::{Duration, Instant};

use lora_sim::Isa;
use lora_sim::stages::Peaks;

use models::{measuring, minilm, selected, smollm2};
use report::{Measured, report};
use setting::Setting;
use stage::{Stage, stages};

/// Calls before the first one that is timed.
const WARM_UP: usize = 3;

/// For how long a stage is timed.
const TIME: Duration = Duration::from_millis(300);

/// Seconds of every call of a stage, on all threads at the same time.
pub fn seconds(setting: &Setting, stage: &Stage) -> Vec<f64> {
    let barrier = Barrier::new(rayon::current_num_threads());
    let all = rayon::broadcast(|_| {
        let mut call = (stage.prepare)(setting);
        (0..WARM_UP).for_each(|_| call());
        barrier.wait();
        let (begun, mut seconds) = (Instant::now(), Vec::new());
        while seconds.is_empty() || (measuring() && begun.elapsed() < TIME) {
            seconds.push(models::seconds(&mut call));
        }
        seconds
    });
    all.concat()
}

/// Rates of one thread beside all others.
fn peaks() -> Peaks {
    let threads = rayon::current_num_threads() as f64;
    let all = Peaks::measure(Isa::best(), !measuring());
    Peaks {
        multiply_adds_per_s: all.multiply_adds_per_s / threads,
        bytes_per_s: all.bytes_per_s / threads,
    }
}

fn main() {
    let mut measured = Vec::new();
    for model in [minilm(), smollm2()] {
        let name = model.name.clone();
        let wanted = |stage: &Stage| selected(&format!("{name} {}", stage.name));
        if !stages(&model).iter().any(wanted) {
            continue;
        }
        let model = model.for_this_call();
        let setting = Setting::new(&model);
        for stage in stages(&model).into_iter().filter(wanted) {
            // Right before and after, because the load of the machine changes.
            let before = peaks();
            let seconds = seconds(&setting, &stage);
            let peaks = before.best(peaks());
            measured.push(Measured { model: model.name.clone(), stage, seconds, peaks });
        }
    }
    if !measured.is_empty() {
        println!("\n{}", report(&measured));
    }
    whole::report();
}
