//! The engine.

use lora_sim::spec::Model;
use lora_sim::{Engine, Memory, Problem, SimError};

use crate::unavailable::Unavailable;

/// Trains on one CUDA device.
#[derive(Debug)]
pub struct CudaEngine {}

impl CudaEngine {
    /// On device number `ordinal`.
    pub fn new(_ordinal: usize) -> Result<Self, Unavailable> {
        Err(Unavailable::NoDriver)
    }
}

impl Engine for CudaEngine {
    fn describe(&self) -> String {
        "CUDA".to_owned()
    }

    fn numerics(&self) -> String {
        "cuda-1".to_owned()
    }

    fn prepare(
        &self,
        _model: &Model,
        _width: usize,
        _seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        Err(SimError::Device("not yet".to_owned()))
    }

    fn memory(&self, _model: &Model, _width: usize, _runs: usize) -> Memory {
        Memory::default()
    }
}
