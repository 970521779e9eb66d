//! The results, as `--json` prints them.

use serde::Serialize;

use crate::peaks::DevicePeaks;
use crate::prepare::Prepare;
use crate::workload::Workload;

/// All results.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceReport {
    /// The name that the driver gives the device.
    pub device: String,
    /// Architecture that the kernels were compiled for.
    pub architecture: &'static str,
    /// The sizes.
    #[serde(flatten)]
    pub workload: Workload,
    /// One of this many steps is recorded.
    pub record_every: usize,
    /// The device's peak rates.
    pub peaks: DevicePeaks,
    /// Times of drawing the frozen student.
    pub prepare: Prepare,
    /// Times of training.
    #[serde(flatten)]
    pub training: TrainingReport,
}

/// Times of training.
#[derive(Clone, Debug, Serialize)]
pub struct TrainingReport {
    /// Each stage of a step alone.
    pub stages: Vec<StageReport>,
    /// Steps as graphs.
    pub step: StepReport,
    /// From the first step to the last.
    #[serde(rename = "loop")]
    pub whole_loop: LoopReport,
}

/// One stage alone. Numbers are means over recorded and other steps, weighted by their shares.
#[derive(Clone, Debug, Serialize)]
pub struct StageReport {
    /// Its name.
    pub stage: &'static str,
    /// Its kernel.
    pub kernel: String,
    /// Milliseconds.
    pub ms: f64,
    /// Milliseconds at a step that is not recorded.
    pub plain_ms: f64,
    /// Milliseconds at a recorded step.
    pub recorded_ms: f64,
    /// Multiply-adds in f32 that training needs.
    pub multiply_adds: f64,
    /// Multiply-adds in f64 that measuring needs.
    pub measuring_multiply_adds: f64,
    /// Bytes that must be moved.
    pub bytes: f64,
    /// Multiply-adds per second that training needs.
    pub multiply_adds_per_s: f64,
    /// Bytes per second.
    pub bytes_per_s: f64,
    /// Multiply-adds per second as a share of the measured peak.
    pub of_peak_multiply_adds: f64,
    /// Bytes per second as a share of the measured peak.
    pub of_peak_bytes: f64,
    /// Share of the whole step's time.
    pub share: f64,
}

/// A whole step, launched as a graph; on the device's clock.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StepReport {
    /// Milliseconds of a step.
    pub ms: f64,
    /// Milliseconds of all stages, each measured alone.
    pub stages_ms: f64,
    /// Multiply-adds that training needs, as a share of the measured peak.
    pub of_peak_multiply_adds: f64,
}

impl StepReport {
    /// From the milliseconds of a step and of its stages.
    pub fn new(ms: f64, stages_ms: f64, multiply_adds: f64, peaks: &DevicePeaks) -> Self {
        let of_peak_multiply_adds = share(multiply_adds, ms, peaks);
        Self { ms, stages_ms, of_peak_multiply_adds }
    }
}

/// The whole training loop with its recording; on the host's clock.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LoopReport {
    /// Milliseconds.
    pub ms: f64,
    /// Milliseconds per step and run.
    pub ms_per_lr_step: f64,
    /// Multiply-adds that training needs, as a share of the measured peak.
    pub of_peak_multiply_adds: f64,
}

impl LoopReport {
    /// From the milliseconds that all steps of all runs take.
    pub fn new(ms: f64, steps: f64, runs: f64, multiply_adds: f64, peaks: &DevicePeaks) -> Self {
        let of_peak_multiply_adds = share(multiply_adds, ms / steps, peaks);
        Self { ms, ms_per_lr_step: ms / (steps * runs), of_peak_multiply_adds }
    }
}

fn share(multiply_adds: f64, ms: f64, peaks: &DevicePeaks) -> f64 {
    multiply_adds / (ms / 1000.0) / peaks.multiply_adds_per_s
}
