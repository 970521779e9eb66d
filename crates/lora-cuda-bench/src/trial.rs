//! Trains one batch again and again, and times it.

use lora_sim::spec::{Init, Run, Training};
use lora_sim::{Batch as Request, SimError};

use lora_cuda::parts::{Buffers, CudaProblem, Group, Loop, STEPS_AT_ONCE, Sizes};

use crate::clock::{median, watched};
use crate::peaks::DevicePeaks;
use crate::report::{LoopReport, StepReport, TrainingReport};
use crate::stages::Stages;
use crate::workload::Workload;

/// The learning rate is so small that thousands of updates by one gradient move nothing far.
const LR: f64 = 1e-9;
/// Steps that the batch trains before its stages are measured, so that no factor is zero any more.
const WARM_UP: usize = 3;

/// What the batch on the device borrows.
pub struct Trial<'a> {
    problem: &'a CudaProblem<'a>,
    training: &'a Training,
    workload: &'a Workload,
    buffers: Buffers,
    runs: Vec<Run>,
}

impl<'a> Trial<'a> {
    /// Allocates memory for the runs. Every other one starts from `Init[A]`, the rest from
    /// `Init[B]`.
    pub fn new(
        problem: &'a CudaProblem<'a>,
        training: &'a Training,
        workload: &'a Workload,
    ) -> Result<Self, SimError> {
        let buffers = Buffers::new(&problem.queue, &problem.layout, workload.runs, STEPS_AT_ONCE)?;
        let init = |position: usize| if position.is_multiple_of(2) { Init::A } else { Init::B };
        let run = |position: usize| Run {
            init: init(position),
            lr: LR * (position + 1) as f64,
            adapter_seed: position as u64,
        };
        let runs = (0..workload.runs).map(run).collect();
        Ok(Self { problem, training, workload, buffers, runs })
    }

    /// Measures the stages, the step and the loop.
    pub fn measure(&self, peaks: &DevicePeaks) -> Result<TrainingReport, SimError> {
        let request = Request::new(self.training, &self.runs);
        let group = Group { request: &request, runs: &self.runs, starts: None };
        let whole = self.whole_loop(&group, peaks)?;
        let batch = Loop::new(self.problem, &self.buffers, &group)?;
        let step_ms = self.steps(&batch)?;
        let sizes = Sizes::new(&self.problem.layout, &self.problem.model, self.runs.len());
        let stages =
            Stages { problem: self.problem, batch: &batch, sizes, repeats: self.repeats() };
        let stages = stages.measure(peaks, step_ms, self.recorded_share())?;
        let alone_ms = stages.iter().map(|stage| stage.ms).sum();
        let step = StepReport::new(step_ms, alone_ms, self.products(), peaks);
        Ok(TrainingReport { stages, step, whole_loop: whole })
    }

    fn repeats(&self) -> usize {
        self.workload.repeats
    }

    /// Multiply-adds of a step that training needs.
    fn products(&self) -> f64 {
        let s = self.workload;
        5.0 * s.runs as f64 * s.width as f64 * s.points as f64 * s.rank as f64
    }

    /// Share of the steps that are recorded.
    fn recorded_share(&self) -> f64 {
        let steps = self.training.steps;
        (0..steps).filter(|&step| self.training.records(step)).count() as f64 / steps as f64
    }

    /// Times training from the first step to the last on the host's clock. That is what a sweep waits
    /// for, except that the adapters are already on the device.
    fn whole_loop(&self, group: &Group, peaks: &DevicePeaks) -> Result<LoopReport, SimError> {
        let once = || {
            let batch = Loop::new(self.problem, &self.buffers, group)?;
            self.problem.queue.wait()?;
            watched(|| batch.run()).map(|(ms, _)| ms)
        };
        once()?;
        let ms = median((0..self.repeats()).map(|_| once()))?;
        let steps = self.training.steps as f64;
        Ok(LoopReport::new(ms, steps, self.runs.len() as f64, self.products(), peaks))
    }

    /// Milliseconds of a step as a graph, averaged over as many steps as the device runs alone.
    fn steps(&self, batch: &Loop) -> Result<f64, SimError> {
        let launch = batch.record()?;
        let steps = |from: usize, to: usize| {
            batch.set_out(from, to)?;
            self.problem.queue.time(|| launch(to - from))
        };
        steps(0, WARM_UP)?;
        let count = self.training.steps.min(self.buffers.steps);
        median((0..self.repeats()).map(|_| Ok(steps(0, count)? / count as f64)))
    }
}
