//! The plan of a sweep: which (width, seed) problems, in which order, at what cost.

use lora_stats::LrGrid;

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

/// Runs in the first, largest batch of a cell: the coarse grid for every init.
pub fn batch_size(experiment: &Experiment) -> usize {
    let coarse = LrGrid::new(experiment.grid_spec()).map_or(1, |grid| grid.coarse_indices().len());
    experiment.training.inits.len() * coarse
}

/// Runs that a cell is expected to need: the search decides, after the coarse grid, how many more
/// it takes to bracket an optimum from both sides and a crossing from one.
pub fn expected_runs(experiment: &Experiment) -> usize {
    let halvings = LrGrid::new(experiment.grid_spec()).map_or(0, |grid| grid.halvings() as usize);
    batch_size(experiment) + 3 * halvings * experiment.training.inits.len()
}
