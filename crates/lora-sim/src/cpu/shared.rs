//! The data that every pass over a batch shares, and the division of a width into blocks and tiles.

use std::ops::Range;

use crate::frozen::Frozen;
use crate::kernels::{Isa, Rule, TILE};
use crate::spec::{Activation, Model};

/// Number of blocks of a width: at most 16, each of at least 64 neurons. The width alone fixes it.
pub fn count(width: usize) -> usize {
    width.div_ceil(rows_of(width))
}

fn rows_of(width: usize) -> usize {
    width.div_ceil(16).next_multiple_of(TILE).max(64)
}

/// The neuron ranges of a width.
pub fn ranges(width: usize) -> Vec<Range<usize>> {
    let rows = rows_of(width);
    (0..width).step_by(rows).map(|from| from..width.min(from + rows)).collect()
}

/// What all blocks of neurons share in a pass.
pub struct Shared<'a> {
    pub isa: Isa,
    pub model: &'a Model,
    pub frozen: &'a Frozen,
    /// Neurons in a tile of a pass that stores φ': at most `TILE`, and fewer if their rows would take
    /// more than a quarter of a megabyte.
    pub tile: usize,
}

impl<'a> Shared<'a> {
    pub fn new(isa: Isa, model: &'a Model, frozen: &'a Frozen) -> Self {
        let tile = (65_536 / frozen.h.stride()).clamp(4, TILE) / 4 * 4;
        Self { isa, model, frozen, tile }
    }

    /// Whether φ' is 0 or 1, so that it is stored as a bit.
    pub fn relu(&self) -> bool {
        self.model.activation == Activation::Relu
    }

    /// The scaling s.
    pub fn multiplier(&self) -> f32 {
        self.model.multiplier as f32
    }
}

/// What the backward pass reads of a run.
pub struct BackwardInputs {
    /// e_μ Z_A,kμ, r × training columns.
    pub errors: Vec<f32>,
    /// Subset sums of every four of `errors`; empty unless φ is relu.
    pub tables: Vec<f32>,
    /// Update rule of A in the current step.
    pub rule_a: Rule,
    /// Update rule of B in the current step.
    pub rule_b: Rule,
}

/// Consecutive ranges of `tile` rows.
pub fn tiles(rows: usize, tile: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(tile).map(move |from| from..rows.min(from + tile))
}
