//! Each stage of a step alone.

use lora_sim::SimError;

use super::clock::median;
use super::peaks::Peaks;
use super::report::StageReport;
use crate::cost::{Sizes, Stage};
use crate::problem::CudaProblem;
use crate::step::Launch;
use crate::train::Loop;

/// Steps at which stages are measured: one that is not recorded and one that is.
const PLAIN: usize = 1;
const RECORDED: usize = 2;
/// Launches between two looks at the clock: more until they take this long, or are this many. The
/// last moves the clock, so that no more than the history's rows may follow each other.
const LONG_ENOUGH_MS: f64 = 2.0;
const MOST_LAUNCHES: usize = 64;

/// A batch in training.
pub struct Stages<'a> {
    /// Where it trains.
    pub problem: &'a CudaProblem<'a>,
    /// The batch.
    pub batch: &'a Loop<'a>,
    /// Its sizes.
    pub sizes: Sizes,
    /// Times that everything is measured.
    pub repeats: usize,
}

impl Stages<'_> {
    /// All stages that launch anything; `step_ms` is what the whole step takes.
    pub fn measure(
        &self,
        peaks: &Peaks,
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

    /// Milliseconds of a launch at a step.
    fn time(&self, launch: &Launch, step: usize) -> Result<f64, SimError> {
        let queue = &self.problem.queue;
        let launched = |count: usize| {
            self.batch.set_out(step, step + MOST_LAUNCHES)?;
            queue.time(|| {
                (0..count).try_for_each(|_| {
                    queue.launch(&launch.kernel, launch.grid, launch.block, &self.batch.batch)
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
