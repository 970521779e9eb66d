//! One LoRA factor with its optimizer state, of one run or of all runs on a block of neurons.

use std::ops::Range;

use crate::kernels::ParameterSlice;

/// One LoRA factor with Adam's moments and its start.
pub struct Factor {
    pub value: Vec<f32>,
    pub m: Vec<f32>,
    pub v: Vec<f32>,
    pub start: Vec<f32>,
}

impl Factor {
    /// A factor at the start of a run.
    pub fn new(value: Vec<f32>, m: Vec<f32>, v: Vec<f32>) -> Self {
        Self { start: value.clone(), value, m, v }
    }

    /// An empty factor with room for some entries.
    pub fn with_capacity(entries: usize) -> Self {
        let room = || Vec::with_capacity(entries);
        Self { value: room(), m: room(), v: room(), start: room() }
    }

    /// A range of the parameters with their gradient, for an update.
    pub fn slice_mut<'a>(&'a mut self, range: Range<usize>, g: &'a [f32]) -> ParameterSlice<'a> {
        ParameterSlice {
            theta: &mut self.value[range.clone()],
            m: &mut self.m[range.clone()],
            v: &mut self.v[range],
            g,
        }
    }

    /// Removes a range; later entries move up.
    pub fn remove(&mut self, range: Range<usize>) {
        for part in [&mut self.value, &mut self.m, &mut self.v, &mut self.start] {
            part.drain(range.clone());
        }
    }
}
