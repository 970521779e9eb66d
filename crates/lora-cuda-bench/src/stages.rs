//! Times each stage of a training step alone.

use lora_sim::SimError;

use lora_cuda::parts::{CudaProblem, Launch, Loop, Sizes, Stage};

use crate::clock::median;
use crate::peaks::DevicePeaks;
use crate::report::StageReport;

/// Steps at which stages are measured: one that is not recorded and one that is.
const PLAIN: usize = 1;
const RECORDED: usize = 2;
/// Launches are timed together. Their number doubles until they take this many milliseconds or are
/// this many. The last stage advances the device's step counter, so more of them than the history
/// has rows would write beyond its end.
const LONG_ENOUGH_MS: f64 = 2.0;
const MOST_LAUNCHES: usize = 64;

/// A batch whose stages are timed.
pub struct Stages<'a> {
    /// The problem it trains on.
    pub problem: &'a CudaProblem<'a>,
    /// The batch.
    pub batch: &'a Loop<'a>,
    /// Its sizes.
    pub sizes: Sizes,
    /// Times that each stage is measured.
    pub repeats: usize,
}

impl Stages<'_> {
    /// Measures all stages that launch anything. `step_ms` is the time of the whole step in
    /// milliseconds.
    pub fn measure(
        &self,
        peaks: &DevicePeaks,
        step_ms: f64,
        recorded_share: f64,
    ) -> Result<Vec<StageReport>, SimError> {
        let step = self.batch.step();
        let launches = step.forward().into_iter().chain(step.backward());
        let launched = launches.filter(|launch| !launch.grid.contains(&0));
        let staged = launched.filter_map(|launch| Some((Stage::of(&launch.kernel)?, launch)));
        let mean = |plain: f64, recorded: f64| plain + recorded_share * (recorded - plain);
        let report = |(stage, launch): (Stage, Launch)| {
            let ms = [self.time(&launch, PLAIN)?, self.time(&launch, RECORDED)?];
            let [plain, recorded] = [false, true].map(|recorded| self.sizes.cost(stage, recorded));
            let work = mean(plain.multiply_adds, recorded.multiply_adds);
            let bytes = mean(plain.bytes, recorded.bytes);
            let measuring = mean(plain.measuring, recorded.measuring);
            let mean_ms = mean(ms[0], ms[1]);
            let seconds = mean_ms / 1000.0;
            Ok(StageReport {
                stage: stage.name(),
                kernel: launch.kernel,
                ms: mean_ms,
                plain_ms: ms[0],
                recorded_ms: ms[1],
                multiply_adds: work,
                measuring_multiply_adds: measuring,
                bytes,
                multiply_adds_per_s: work / seconds,
                bytes_per_s: bytes / seconds,
                of_peak_multiply_adds: work / seconds / peaks.multiply_adds_per_s,
                of_peak_bytes: bytes / seconds / peaks.bytes_per_s,
                share: mean_ms / step_ms,
            })
        };
        staged.map(report).collect()
    }

    /// Milliseconds of one launch at a given step.
    fn time(&self, launch: &Launch, step: usize) -> Result<f64, SimError> {
        let queue = &self.problem.queue;
        let launched = |count: usize| {
            self.batch.set_out(step, step + MOST_LAUNCHES)?;
            queue.time(|| {
                (0..count).try_for_each(|_| {
                    let batch = &self.batch.batch;
                    // SAFETY: a launch of this batch's step; its buffers are borrowed.
                    unsafe { queue.launch(&launch.kernel, launch.grid, launch.block, batch) }
                })
            })
        };
        let mut count = 1;
        while launched(count)? < LONG_ENOUGH_MS && count < MOST_LAUNCHES {
            count *= 2;
        }
        median((0..self.repeats).map(|_| Ok(launched(count)? / count as f64)))
    }
}
