//! Measures everything in turn: the device's peaks, drawing the frozen student, and training.

use std::sync::Arc;

use lora_cuda::Unavailable;
use lora_cuda::parts::{Device, Queue};
use lora_sim::SimError;
use lora_sim::spec::{Model, Training};

use crate::peaks::Peaks;
use crate::prepare;
use crate::report::Report;
use crate::trial::Trial;

/// The sizes that are measured.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Workload {
    /// n, the width.
    pub width: usize,
    /// N, the training samples. A tenth as many test samples follow them.
    pub points: usize,
    /// r, the rank.
    pub rank: usize,
    /// Runs that train together.
    pub runs: usize,
    /// T, the steps of the whole loop.
    pub steps: usize,
    /// Times that everything is measured, after one warm-up.
    pub repeats: usize,
}

/// Every other step is recorded, as in the paper's experiment.
const RECORD_EVERY: usize = 2;

impl Workload {
    fn model(&self) -> Model {
        let test_points = self.points / 10;
        Model { rank: self.rank, points: self.points, test_points, ..Model::default() }
    }

    fn training(&self) -> Training {
        Training { steps: self.steps, record_every: RECORD_EVERY, ..Training::default() }
    }
}

/// A device to measure.
#[derive(Debug)]
pub struct Bench {
    device: Arc<Device>,
}

impl Bench {
    /// Opens device number `ordinal`, counted from 0.
    pub fn open(ordinal: usize) -> Result<Self, Unavailable> {
        Device::open(ordinal).map(|device| Self { device: Arc::new(device) })
    }

    /// Measures everything.
    pub fn measure(&self, workload: &Workload) -> Result<Report, SimError> {
        let (model, training) = (workload.model(), workload.training());
        let peaks = Peaks::measure(&Queue::new(&self.device)?, workload.repeats)?;
        let (prepare, problem) = prepare::measure(&self.device, &model, workload.width)?;
        let trial = Trial::new(&problem, &training, workload)?;
        Ok(Report {
            device: self.device.name.clone(),
            architecture: self.device.architecture,
            workload: *workload,
            record_every: RECORD_EVERY,
            peaks,
            prepare,
            training: trial.measure(&peaks)?,
        })
    }
}
