//! A batch in training, to be measured again and again.

use lora_sim::spec::{Init, Run, Training};
use lora_sim::{Batch as Request, SimError};

use super::Setting;
use super::clock::{median, watched};
use super::peaks::Peaks;
use super::report::{LoopReport, Measured, StepReport};
use super::stages::Stages;
use crate::buffers::{Buffers, STEPS_AT_ONCE};
use crate::cost::Sizes;
use crate::problem::CudaProblem;
use crate::train::{Group, Loop};

/// So small that thousands of updates by one gradient move nothing far.
const LR: f64 = 1e-9;
/// Steps that the batch has trained before stages are measured: both factors have left their zeros.
const WARM_UP: usize = 3;

/// Everything but the batch on the device, which borrows it.
pub struct Trial<'a> {
    problem: &'a CudaProblem<'a>,
    training: &'a Training,
    setting: &'a Setting,
    buffers: Buffers,
    runs: Vec<Run>,
}

impl<'a> Trial<'a> {
    /// Makes room for the runs, half of them with either initialisation.
    pub fn new(
        problem: &'a CudaProblem<'a>,
        training: &'a Training,
        setting: &'a Setting,
    ) -> Result<Self, SimError> {
        let buffers = Buffers::new(&problem.queue, &problem.layout, setting.runs, STEPS_AT_ONCE)?;
        let init = |position: usize| if position.is_multiple_of(2) { Init::A } else { Init::B };
        let run = |position: usize| Run {
            init: init(position),
            lr: LR * (position + 1) as f64,
            adapter_seed: position as u64,
        };
        let runs = (0..setting.runs).map(run).collect();
        Ok(Self { problem, training, setting, buffers, runs })
    }

    /// Stages, the step and the loop.
    pub fn measure(&self, peaks: &Peaks) -> Result<Measured, SimError> {
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
        Ok(Measured { stages, step, whole_loop: whole })
    }

    fn repeats(&self) -> usize {
        self.setting.repeats
    }

    /// Useful multiply-adds of a step.
    fn products(&self) -> f64 {
        let s = self.setting;
        5.0 * s.runs as f64 * s.width as f64 * s.points as f64 * s.rank as f64
    }

    /// Share of the steps that are recorded.
    fn recorded_share(&self) -> f64 {
        let steps = self.training.steps;
        (0..steps).filter(|&step| self.training.records(step)).count() as f64 / steps as f64
    }

    /// Training from the first step to the last, on the host's clock: what a sweep waits for, without
    /// bringing the adapters to the device.
    fn whole_loop(&self, group: &Group, peaks: &Peaks) -> Result<LoopReport, SimError> {
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

    /// Milliseconds of a step as a graph, over as many steps as the host leaves alone.
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
