//! The plan of a sweep: which (width, seed) problems, in which order, at what cost.

use crate::experiment::Experiment;

/// One (width, seed) problem; all inits and learning rates of it share one frozen student.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// n.
    pub width: usize,
    /// Seed of everything in the cell.
    pub seed: u64,
}

impl Cell {
    /// Relative cost: a training step is linear in width.
    pub fn cost(&self) -> u64 {
        self.width as u64
    }
}

/// All cells, widest first, so that the time left is known early and memory runs out at once.
pub fn cells(experiment: &Experiment) -> Vec<Cell> {
    let widths = experiment.model.widths.iter().rev();
    widths
        .flat_map(|&width| experiment.training.seeds.iter().map(move |&seed| Cell { width, seed }))
        .collect()
}

/// Runs in the first, largest batch of a cell.
pub fn batch_size(experiment: &Experiment) -> usize {
    let s = &experiment.search;
    // A difference of logarithms: the ratio itself can overflow.
    let coarse = (s.lr_max.ln() - s.lr_min.ln()) / s.coarse_factor.ln();
    experiment.training.inits.len() * (coarse.floor() as usize + 1)
}
