//! The engine that trains on a CUDA device, and the problems that it prepares.

use std::sync::Arc;

use lora_sim::spec::Model;
use lora_sim::{Batch, Engine, Frozen, Memory, Outcome, Problem, SimError};

use crate::buffers::{Buffers, STEPS_AT_ONCE};
use crate::device::Device;
use crate::frozen::fetch;
use crate::layout::Layout;
use crate::problem::{CudaProblem, runs_that_fit};
use crate::train::{Group, steps_at_once, train};
use crate::unavailable::Unavailable;

/// Version of the numbers that the kernels compute, part of [`Engine::numerics`]. Raise it by hand
/// whenever a change to the kernels changes any result.
pub const NUMERICS: u32 = 2;

/// Bytes of the device that stay free for the driver, which needs them for launches and graphs.
const RESERVE: u64 = 256 << 20;

/// Trains on one CUDA device.
///
/// As many runs of a batch as fit its memory train together, and the rest follow. On one kind of
/// device, the results of a run are the same bytes whatever else is in its batch.
#[derive(Clone, Debug)]
pub struct CudaEngine {
    device: Arc<Device>,
}

impl CudaEngine {
    /// The engine on device number `ordinal`, counted from 0.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] says what is missing: a driver, a device, or one that is new enough.
    pub fn new(ordinal: usize) -> Result<Self, Unavailable> {
        Device::open(ordinal).map(|device| Self { device: Arc::new(device) })
    }

    /// The name that the driver gives the device.
    pub fn device_name(&self) -> &str {
        &self.device.name
    }

    fn reserve(&self) -> u64 {
        RESERVE.min(self.device.memory / 16)
    }
}

impl Engine for CudaEngine {
    fn describe(&self) -> String {
        let gib = self.device.memory as f64 / f64::from(1 << 30);
        format!("CUDA, {}, {gib:.1} GiB, {}", self.device.name, self.device.architecture)
    }

    fn numerics(&self) -> String {
        format!("cuda-{NUMERICS} {}", self.device.architecture)
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        if model.linearised {
            let (key, value) = ("linearised", "true".to_owned());
            let valid = "false on a GPU: the CPU engine alone trains the linearised network";
            return Err(SimError::Invalid { key, value, valid });
        }
        let problem = CudaProblem::draw(&self.device, model, width, seed, self.reserve())?;
        Ok(Box::new(problem))
    }

    fn linearises(&self) -> bool {
        false
    }

    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        let layout = Layout::new(model, width);
        let training = Buffers::bytes(&layout, runs.min(1), STEPS_AT_ONCE);
        let most = training.max(layout.drawing_bytes(model));
        let device = layout.frozen_bytes().saturating_add(most).saturating_add(self.reserve());
        Memory { host: layout.host_bytes(), device }
    }

    fn free_device_memory(&self) -> Option<u64> {
        self.device.free_memory()
    }

    fn runs_at_once(&self, model: &Model, width: usize, runs: usize) -> usize {
        let layout = Layout::new(model, width);
        let free = self.device.free_memory().unwrap_or(u64::MAX);
        let left = free.saturating_sub(layout.frozen_bytes()).saturating_sub(self.reserve());
        runs_that_fit(&layout, runs, STEPS_AT_ONCE, left)
    }
}

impl Problem for CudaProblem<'_> {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        batch.check(&self.model, self.layout.width)?;
        if batch.runs.is_empty() {
            return Ok(Vec::new());
        }
        let buffers = self.make_room(batch.runs.len(), steps_at_once(batch.training.steps))?;
        let mut outcomes = Vec::with_capacity(batch.runs.len());
        for from in (0..batch.runs.len()).step_by(buffers.runs) {
            let range = from..batch.runs.len().min(from + buffers.runs);
            let starts = batch.starts.map(|states| &states[range.clone()]);
            let group = Group { request: batch, runs: &batch.runs[range], starts };
            outcomes.extend(train(self, &buffers, &group)?);
        }
        self.keep(buffers);
        Ok(outcomes)
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        fetch(&self.queue, &self.layout, &self.frozen)
    }
}
