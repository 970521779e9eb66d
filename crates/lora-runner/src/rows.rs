//! What an analysis keeps in memory of the runs of a sweep.

use lora_experiment::cells::Cell;
use lora_experiment::study::definition::Study;
use lora_store::rows::Results;

use crate::search::Found;

/// Rows that are made of runs, as these are finished or found.
pub trait Rows: Default + Send {
    /// Adds the rows of a run of a cell.
    fn take(&mut self, study: &Study, cell: Cell, run: &Found);
}

/// Keeps nothing.
impl Rows for () {
    fn take(&mut self, _: &Study, _: Cell, _: &Found) {}
}

/// The rows of `runs.csv` and `trajectories.csv`.
impl Rows for Results {
    fn take(&mut self, study: &Study, cell: Cell, run: &Found) {
        let Found { init, lr_index, lr, trajectory, .. } = *run;
        self.add_run(&study.experiment, cell, init, (lr_index, lr), trajectory);
    }
}
