//! Measures the engine on its device: each stage of a step, whole steps, the whole loop, and what
//! the device does at most. For `lora-cuda-bench`, and no part of the crate's promises.

mod clock;
mod peaks;
mod prepare;
mod report;
mod stages;
mod trial;

pub use peaks::Peaks;
pub use prepare::Prepare;
pub use report::{LoopReport, Report, StageReport, StepReport};

use std::sync::Arc;

use lora_sim::SimError;
use lora_sim::spec::{Model, Training};

use crate::device::Device;
use crate::queue::Queue;
use crate::unavailable::Unavailable;
use trial::Trial;

/// What is measured.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Setting {
    /// n.
    pub width: usize,
    /// N; a tenth as many test points follow.
    pub points: usize,
    /// r.
    pub rank: usize,
    /// Runs of the batch, all at once.
    pub runs: usize,
    /// T.
    pub steps: usize,
    /// Times that everything is measured, after once for warming up.
    pub repeats: usize,
}

/// Every other step is recorded, as in the paper's experiment.
const RECORD_EVERY: usize = 2;

impl Setting {
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
    /// Device number `ordinal`, counted from 0.
    pub fn open(ordinal: usize) -> Result<Self, Unavailable> {
        Device::open(ordinal).map(|device| Self { device: Arc::new(device) })
    }

    /// Measures everything.
    pub fn measure(&self, setting: &Setting) -> Result<Report, SimError> {
        let (model, training) = (setting.model(), setting.training());
        let peaks = Peaks::measure(&Queue::new(&self.device)?, setting.repeats)?;
        let (prepare, problem) = prepare::measure(&self.device, &model, setting.width)?;
        let trial = Trial::new(&problem, &training, setting)?;
        Ok(Report {
            device: self.device.name.clone(),
            architecture: self.device.architecture.clone(),
            setting: *setting,
            record_every: RECORD_EVERY,
            peaks,
            prepare,
            measured: trial.measure(&peaks)?,
        })
    }
}
