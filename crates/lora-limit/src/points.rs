//! The data: inputs and targets, training points first, then test points.

use std::ops::Range;

use lora_sim::Data;
use lora_sim::spec::Model;
use ndarray::{Array1, Array2};

use crate::error::LimitError;

/// X and y. They depend on the seed alone, so that a limit shares them with every finite width.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// X, d × P.
    pub x: Array2<f64>,
    /// Targets t, P.
    pub targets: Array1<f64>,
    /// N; the other P − N points are for testing.
    pub train: usize,
}

impl Points {
    /// The data that the engines draw for a seed.
    ///
    /// # Errors
    /// [`LimitError::Sim`] for a model out of range.
    pub fn draw(model: &Model, seed: u64) -> Result<Self, LimitError> {
        // The width has no part in the data; 1 is in every range.
        model.check(1)?;
        let Data { x, y } = Data::draw(model, seed);
        Ok(Self { x, targets: y, train: model.points })
    }

    /// P.
    pub fn all(&self) -> usize {
        self.targets.len()
    }

    /// The training points and the test points, as ranges of columns.
    pub(crate) fn parts(&self) -> [Range<usize>; 2] {
        [0..self.train, self.train..self.all()]
    }
}
