//! The columns of Z and H that belong to training or to held-out samples.

use std::ops::Range;

use lora_sim::{AlignedMatrix, Frozen};
use ndarray::Array2;

use crate::target::Target;

/// Samples with what the network makes of them before the adapter.
#[derive(Clone)]
pub struct Samples {
    /// Z, n × N.
    pub z: Array2<f32>,
    /// H, n × N.
    pub h: Array2<f32>,
    pub target: Target,
}

impl Samples {
    /// Samples `range` of all, without the padding of their columns.
    pub fn of(frozen: &Frozen, range: Range<usize>, target: Target) -> Self {
        let columns = |matrix: &AlignedMatrix| {
            let entry = |(i, sample): (usize, usize)| {
                matrix.row(i)[frozen.columns.column(range.start + sample)]
            };
            Array2::from_shape_fn((frozen.width, range.len()), entry)
        };
        Self { z: columns(&frozen.z), h: columns(&frozen.h), target }
    }

    /// N.
    pub fn count(&self) -> usize {
        self.z.ncols()
    }
}
