//! What was measured, as JSON has it.

use serde::Serialize;

use super::Setting;
use super::peaks::Peaks;
use super::prepare::Prepare;

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The device in the driver's words.
    pub device: String,
    /// Architecture that its kernels were compiled for.
    pub architecture: String,
    /// What was measured.
    #[serde(flatten)]
    pub setting: Setting,
    /// Every so many steps one is recorded.
    pub record_every: usize,
    /// What the device does at most.
    pub peaks: Peaks,
    /// Drawing the frozen student.
    pub prepare: Prepare,
    /// Training.
    #[serde(flatten)]
    pub measured: Measured,
}

/// What was measured of training.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Each stage of a step alone.
    pub stages: Vec<StageReport>,
    /// Steps as graphs.
    pub step: StepReport,
    /// From the first step to the last.
    #[serde(rename = "loop")]
    pub whole_loop: LoopReport,
}

/// A stage alone; means over recorded steps and others, by their shares.
#[derive(Clone, Debug, Serialize)]
pub struct StageReport {
    /// Its name.
    pub stage: &'static str,
    /// Its kernel.
    pub kernel: String,
    /// Milliseconds.
    pub ms: f64,
    /// At a step that is not recorded.
    pub plain_ms: f64,
    /// At one that is.
    pub recorded_ms: f64,
    /// Useful multiply-adds in f32.
    pub multiply_adds: f64,
    /// Multiply-adds in f64 that measure.
    pub measuring_multiply_adds: f64,
    /// Bytes that must be moved.
    pub bytes: f64,
    /// Useful ones a second.
    pub multiply_adds_per_s: f64,
    /// Bytes a second.
    pub bytes_per_s: f64,
    /// As a share of the measured peak.
    pub of_peak_multiply_adds: f64,
    /// As a share of the measured peak.
    pub of_peak_bytes: f64,
    /// Of the whole step's time.
    pub share: f64,
}

/// Steps as graphs, on the device's clock.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StepReport {
    /// Milliseconds of a step.
    pub ms: f64,
    /// Milliseconds of all stages alone.
    pub stages_ms: f64,
    /// Useful multiply-adds as a share of the measured peak.
    pub of_peak_multiply_adds: f64,
}

impl StepReport {
    /// From times of a step and of its stages.
    pub fn new(ms: f64, stages_ms: f64, multiply_adds: f64, peaks: &Peaks) -> Self {
        let of_peak_multiply_adds = share(multiply_adds, ms, peaks);
        Self { ms, stages_ms, of_peak_multiply_adds }
    }
}

/// The whole loop with its recording, on the host's clock.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LoopReport {
    /// Milliseconds.
    pub ms: f64,
    /// Milliseconds of a step of one run.
    pub ms_per_lr_step: f64,
    /// Useful multiply-adds as a share of the measured peak.
    pub of_peak_multiply_adds: f64,
}

impl LoopReport {
    /// From the time of all steps of all runs.
    pub fn new(ms: f64, steps: f64, runs: f64, multiply_adds: f64, peaks: &Peaks) -> Self {
        let of_peak_multiply_adds = share(multiply_adds, ms / steps, peaks);
        Self { ms, ms_per_lr_step: ms / (steps * runs), of_peak_multiply_adds }
    }
}

fn share(multiply_adds: f64, ms: f64, peaks: &Peaks) -> f64 {
    multiply_adds / (ms / 1000.0) / peaks.multiply_adds_per_s
}
