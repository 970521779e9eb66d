//! The engine.

use std::sync::Arc;

use lora_sim::spec::Model;
use lora_sim::{Engine, Memory, Problem, SimError};

use crate::buffers::{Buffers, STEPS_AT_ONCE};
use crate::device::Device;
use crate::layout::Layout;
use crate::problem::{CudaProblem, runs_that_fit};
use crate::unavailable::Unavailable;

/// Version of the numbers that the kernels make, part of [`Engine::numerics`]. Raise it by hand
/// whenever a change of the kernels changes any result.
pub const NUMERICS: u32 = 2;

/// Bytes of the device that are left alone: the driver's own need for launches and graphs.
const RESERVE: u64 = 256 << 20;

/// Trains on one CUDA device.
///
/// All runs of a batch that fit its memory train together; the rest follow. Results are the same
/// bytes whatever shares a batch, on one kind of device.
#[derive(Clone, Debug)]
pub struct CudaEngine {
    device: Arc<Device>,
}

impl CudaEngine {
    /// On device number `ordinal`, counted from 0.
    pub fn new(ordinal: usize) -> Result<Self, Unavailable> {
        Device::open(ordinal).map(|device| Self { device: Arc::new(device) })
    }

    /// The device in the driver's words.
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
        let problem = CudaProblem::draw(&self.device, model, width, seed, self.reserve())?;
        Ok(Box::new(problem))
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
