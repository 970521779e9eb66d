//! Progress of a whole sweep with the time left; silent when standard error is no terminal.

use std::cell::Cell as Counter;
use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::experiment::Experiment;
use crate::plan::{Cell, cells, expected_runs};

/// A bar in units of cost (width × runs).
pub struct Progress {
    bar: ProgressBar,
    /// Runs that a cell is expected to need; the search decides how many it does.
    expected_runs: u64,
    /// Where the bar stands when the cell at hand is done.
    cell_end: Counter<u64>,
}

impl Progress {
    /// For cells of an experiment.
    pub fn new(experiment: &Experiment, cells: &[Cell]) -> Self {
        let progress = Self::over(experiment, cells, ProgressBar::new(0));
        let style = "{bar:40} {percent:>3}%  {msg}  elapsed {elapsed}, left {eta}";
        progress.bar.set_style(ProgressStyle::with_template(style).expect("a valid template"));
        progress.bar.enable_steady_tick(Duration::from_millis(250));
        progress
    }

    /// One that shows nothing.
    pub fn hidden(experiment: &Experiment) -> Self {
        Self::over(experiment, &cells(experiment), ProgressBar::hidden())
    }

    fn over(experiment: &Experiment, cells: &[Cell], bar: ProgressBar) -> Self {
        let expected_runs = expected_runs(experiment) as u64;
        bar.set_length(cells.iter().map(|cell| cell.cost() * expected_runs).sum());
        Self { bar, expected_runs, cell_end: Counter::new(0) }
    }

    /// Some cells need no training: the bar and its estimate begin after them.
    pub fn at_hand(&self, cells: impl Iterator<Item = Cell>) {
        let cost = cells.map(|cell| cell.cost() * self.expected_runs).sum();
        self.cell_end.set(cost);
        self.bar.set_position(cost);
        self.bar.reset_eta();
    }

    /// What says a line on standard error without spoiling the bar.
    pub fn teller(&self) -> impl Fn(&str) + Send + use<> {
        let bar = self.bar.clone();
        move |line| bar.suspend(|| tell(line))
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
    pub fn done(&self) {
        self.bar.set_position(self.cell_end.get());
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Says a line on standard error; nobody may be reading.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
