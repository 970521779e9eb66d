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

/// Seeds that are named one by one.
const NAMED: usize = 8;

/// Cells in words, by width: "n = 64, seeds 0, 2; n = 32, seed 1".
pub fn words(cells: &[Cell]) -> String {
    let by_width = cells.chunk_by(|a, b| a.width == b.width).map(|cells| {
        let width = cells[0].width;
        let seeds: Vec<String> = cells.iter().map(|cell| cell.seed.to_string()).collect();
        match seeds.len() {
            1 => format!("n = {width}, seed {}", seeds[0]),
            count if count > NAMED => format!("n = {width}, {count} seeds"),
            _ => format!("n = {width}, seeds {}", seeds.join(", ")),
        }
    });
    let words = by_width.collect::<Vec<_>>().join("; ");
    if words.is_empty() { "nothing to do".to_owned() } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_by_width() {
        let cell = |width, seed| Cell { width, seed };
        assert_eq!(words(&[cell(64, 1)]), "n = 64, seed 1");
        let cells = [cell(64, 0), cell(64, 2), cell(32, 7)];
        assert_eq!(words(&cells), "n = 64, seeds 0, 2; n = 32, seed 7");
        let many: Vec<Cell> = (0..9).map(|seed| cell(16, seed)).collect();
        assert_eq!(words(&many), "n = 16, 9 seeds");
        assert_eq!(words(&[]), "nothing to do");
    }
}
