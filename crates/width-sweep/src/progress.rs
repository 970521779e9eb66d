//! Progress of a whole sweep with the time left; silent when standard error is no terminal.

use std::cell::Cell as Counter;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::experiment::Experiment;
use crate::plan::{Cell, batch_size, cells};

/// A bar in units of cost (width × runs).
pub struct Progress {
    bar: ProgressBar,
    /// Runs that a cell is expected to need; the search decides how many it does.
    expected_runs: u64,
    /// Where the bar stands when the cell at hand is done.
    cell_end: Counter<u64>,
}

impl Progress {
    /// For the whole plan of an experiment.
    pub fn new(experiment: &Experiment) -> Self {
        let inits = experiment.training.inits.len() as u64;
        let s = &experiment.search;
        let halvings = (s.coarse_factor.ln() / s.bracket_factor.ln()).log2().ceil().max(0.0) as u64;
        let expected_runs = batch_size(experiment) as u64 + 3 * halvings * inits;
        let total: u64 = cells(experiment).iter().map(|cell| cell.cost() * expected_runs).sum();
        let bar = ProgressBar::new(total);
        let style = "{bar:40} {percent:>3}%  {msg}  elapsed {elapsed}, left {eta}";
        bar.set_style(ProgressStyle::with_template(style).expect("a valid template"));
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, expected_runs, cell_end: Counter::new(0) }
    }

    /// A cell begins.
    pub fn cell(&self, cell: Cell) {
        self.bar.set_message(format!("n = {}, seed {}", cell.width, cell.seed));
        self.cell_end.set(self.cell_end.get() + cell.cost() * self.expected_runs);
    }

    /// Some runs of a cell are trained.
    pub fn trained(&self, cell: Cell, runs: usize) {
        let position = self.bar.position() + cell.cost() * runs as u64;
        self.bar.set_position(position.min(self.cell_end.get()));
    }

    /// A cell is finished, with however many runs.
    pub fn done(&self, _cell: Cell) {
        self.bar.set_position(self.cell_end.get());
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
