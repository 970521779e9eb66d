//! Progress of a whole sweep with the time left.

mod bar;

use std::cell::Cell as Counter;
use std::io::Write;

pub use bar::Bar;

use lora_experiment::error::CommandError;
use lora_experiment::experiment::Experiment;
use lora_experiment::cells::Cell;
use lora_experiment::cells::cells;
use lora_experiment::cells::expected_runs;

/// In units of cost (width × runs).
pub struct Progress {
    bar: Bar,
    /// Runs that a cell is expected to need; the search decides how many it does.
    expected_runs: u64,
    /// Where the bar stands when the cell at hand is done.
    cell_end: Counter<u64>,
}

impl Progress {
    /// For cells of an experiment.
    pub fn new(experiment: &Experiment, cells: &[Cell]) -> Result<Self, CommandError> {
        Ok(Self::over(experiment, cells, Bar::new()?))
    }

    /// One that shows nothing.
    pub fn hidden(experiment: &Experiment) -> Self {
        Self::over(experiment, &cells(experiment), Bar::hidden())
    }

    fn over(experiment: &Experiment, cells: &[Cell], bar: Bar) -> Self {
        let expected_runs = expected_runs(experiment) as u64;
        let progress = Self { bar, expected_runs, cell_end: Counter::new(0) };
        progress.bar.gauge().set_length(progress.cost(cells.iter().copied()));
        progress
    }

    fn cost(&self, cells: impl Iterator<Item = Cell>) -> u64 {
        let costs = cells.map(|cell| cell.cost().saturating_mul(self.expected_runs));
        costs.fold(0, u64::saturating_add)
    }

    /// Some cells need no training: the bar and its estimate begin after them.
    pub fn at_hand(&self, cells: impl Iterator<Item = Cell>) {
        let cost = self.cost(cells);
        self.cell_end.set(cost);
        self.bar.gauge().set_position(cost);
        self.bar.gauge().reset_eta();
    }

    /// What says a line on standard error without spoiling the bar.
    pub fn teller(&self) -> impl Fn(&str) + Send + use<> {
        let bar = self.bar.gauge().clone();
        move |line| bar.suspend(|| tell(line))
    }

    /// A cell begins.
    pub fn cell(&self, cell: Cell) {
        self.bar.set_at_hand(format!("n = {}, seed {}", cell.width, cell.seed));
        let end = self.cell_end.get().saturating_add(self.cost(std::iter::once(cell)));
        self.cell_end.set(end);
    }

    /// Some runs of a cell are trained.
    pub fn trained(&self, cell: Cell, runs: usize) {
        let cost = cell.cost().saturating_mul(runs as u64);
        let position = self.bar.gauge().position().saturating_add(cost);
        self.bar.gauge().set_position(position.min(self.cell_end.get()));
    }

    /// A cell is finished, with however many runs.
    pub fn done(&self) {
        self.bar.gauge().set_position(self.cell_end.get());
    }
}

/// Says a line on standard error; nobody may be reading.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
