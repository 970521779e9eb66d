//! Measures everything in turn: the device's peaks, drawing the frozen student, and training.

use std::sync::Arc;

use lora_cuda::Unavailable;
use lora_cuda::parts::{Device, Queue};
use lora_sim::SimError;

use crate::peaks::DevicePeaks;
use crate::prepare;
use crate::report::DeviceReport;
use crate::trial::Trial;
use crate::workload::{RECORD_EVERY, Workload};

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
    pub fn measure(&self, workload: &Workload) -> Result<DeviceReport, SimError> {
        let (model, training) = (workload.model(), workload.training());
        let peaks = DevicePeaks::measure(&Queue::new(&self.device)?, workload.repeats)?;
        let (prepare, problem) = prepare::measure(&self.device, &model, workload.width)?;
        let trial = Trial::new(&problem, &training, workload)?;
        Ok(DeviceReport {
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
