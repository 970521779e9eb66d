//! The measurements: preparing the student, training the batch, what the machine can do, and the
//! memory that it took.

use std::fs;
use std::time::Instant;

use lora_sim::spec::Run;
use lora_sim::{Batch, Isa, Problem, peak_multiply_adds};

use crate::bench::engine::TrainedOn;
use crate::bench::sizes::{BatchSizes, SEED};
use crate::error::RunnerError;

/// Steps to warm up with.
const WARM_UP: usize = 2;

/// Times that the peak is looked for, before training and after; the best counts, since others may
/// use the machine too.
const PEAK_REPEATS: usize = 5;
/// Seconds of each.
const PEAK_SECONDS: f64 = 0.1;

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Timings {
    /// Seconds to draw the student.
    pub prepare: f64,
    /// Seconds of each training of the batch.
    pub training: Vec<f64>,
    /// f32 multiply-adds a second that this many threads can do; none on a device.
    pub peak: Option<f64>,
    /// Largest memory of the process in bytes, where the system tells.
    pub memory: Option<f64>,
}

/// Measures everything, on the current threads.
///
/// # Errors
///
/// [`RunnerError::Engine`] where the engine fails, and [`RunnerError::TimedRunDiverged`].
pub fn measure(sizes: &BatchSizes, trained_on: &TrainedOn) -> Result<Timings, RunnerError> {
    let engine = trained_on.chosen.engine.as_ref();
    let before = trained_on.isa.map(peak);
    let started = Instant::now();
    let problem = engine.prepare(&sizes.model(), sizes.width, SEED);
    let mut problem = problem?;
    let prepare = started.elapsed().as_secs_f64();
    let training = training(sizes, problem.as_mut())?;
    let after = trained_on.isa.map(peak);
    let peak = before.into_iter().chain(after).reduce(f64::max);
    Ok(Timings { prepare, training, peak, memory: peak_memory() })
}

/// Seconds of each repeat.
fn training(sizes: &BatchSizes, problem: &mut dyn Problem) -> Result<Vec<f64>, RunnerError> {
    let runs = sizes.runs();
    train(sizes, sizes.steps.min(WARM_UP), &runs, problem)?;
    (0..sizes.repeats).map(|_| train(sizes, sizes.steps, &runs, problem)).collect()
}

/// Seconds of one batch, all of whose runs must reach the end.
fn train(
    sizes: &BatchSizes,
    steps: usize,
    runs: &[Run],
    problem: &mut dyn Problem,
) -> Result<f64, RunnerError> {
    let training = sizes.training(steps);
    let started = Instant::now();
    let outcomes = problem.train(&Batch::new(&training, runs))?;
    let seconds = started.elapsed().as_secs_f64();
    match outcomes.iter().zip(runs).find(|(outcome, _)| outcome.trajectory.diverged_at.is_some()) {
        Some((_, run)) => Err(RunnerError::TimedRunDiverged { init: run.init, lr: run.lr }),
        None => Ok(seconds),
    }
}

/// Multiply-adds a second of all current threads at once.
fn peak(isa: Isa) -> f64 {
    let all = || rayon::broadcast(|_| peak_multiply_adds(isa, PEAK_SECONDS)).iter().sum();
    (0..PEAK_REPEATS).map(|_| all()).fold(0.0, f64::max)
}

/// The largest memory that this process has had in bytes, where the system tells.
fn peak_memory() -> Option<f64> {
    parse(&fs::read_to_string("/proc/self/status").ok()?)
}

/// From the text of a process's status, in kB.
fn parse(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024.0 * kib)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_and_nothing_else() {
        let status = "Name:\tx\nVmPeak:\t   99 kB\nVmHWM:\t    12 kB\nVmRSS:\t    11 kB\n";
        assert_eq!(parse(status), Some(12.0 * 1024.0));
        for other in ["", "VmPeak:\t 99 kB", "VmHWM:", "VmHWM:\t 12", "VmHWM:\t many kB"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
