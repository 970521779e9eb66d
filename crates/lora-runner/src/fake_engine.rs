//! An engine for tests of what is decided before anything is trained: it has a memory of its own
//! and trains nothing.

use lora_sim::spec::Model;
use lora_sim::{Engine, Memory, Problem, SimError};

/// Needs as many bytes for a width as the width is, on either side.
pub struct FakeEngine {
    /// Bytes free in its own memory.
    pub free: u64,
    /// Runs that it trains together.
    pub at_once: usize,
}

impl Default for FakeEngine {
    fn default() -> Self {
        Self { free: 1 << 20, at_once: 3 }
    }
}

impl Engine for FakeEngine {
    fn describe(&self) -> String {
        "Fake".to_owned()
    }

    fn numerics(&self) -> String {
        "fake-1".to_owned()
    }

    fn prepare(&self, _: &Model, _: usize, _: u64) -> Result<Box<dyn Problem + '_>, SimError> {
        Err(SimError::Device("a fake trains nothing".to_owned()))
    }

    fn linearises(&self) -> bool {
        false
    }

    fn memory(&self, _model: &Model, width: usize, _runs: usize) -> Memory {
        Memory { host: width as u64, device: width as u64 }
    }

    fn free_device_memory(&self) -> Option<u64> {
        Some(self.free)
    }

    fn runs_at_once(&self, _model: &Model, _width: usize, runs: usize) -> usize {
        runs.min(self.at_once)
    }
}
