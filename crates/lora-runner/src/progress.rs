//! Progress of a whole sweep with the time left.

mod bar;

use std::cell::RefCell;
use std::io::Write;
use std::sync::Arc;

pub use bar::Bar;

use crate::error::RunnerError;
use crate::meter::Meter;
use lora_experiment::cells::{Cell, cells};
use lora_experiment::study::definition::Study;

/// How far a sweep is, in units of cost.
pub struct Progress {
    bar: Bar,
    /// The cells that are trained now, each with its cost.
    current: RefCell<Vec<(Cell, Cost)>>,
    /// Where the bar stands without these.
    ended: std::cell::Cell<u64>,
    /// Of the studies: cost of a cell as a function.
    studies: Vec<Study>,
}

/// Of a cell that is trained now: of one run, of all of its runs, and of those that are done.
#[derive(Clone, Copy, Debug)]
struct Cost {
    run: u64,
    whole: u64,
    done: u64,
}

impl Progress {
    /// For cells of studies, on standard error; `meter` is that of an engine that tells how far it is.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Thread`] where the system starts no thread.
    pub fn new(
        studies: &[Study],
        cells: &[Cell],
        meter: Option<Arc<Meter>>,
    ) -> Result<Self, RunnerError> {
        Ok(Self::over(studies, cells, Bar::new(meter)?))
    }

    /// One that draws nothing and tells how far it is: see [`Bar::told`].
    ///
    /// # Errors
    ///
    /// [`RunnerError::Thread`] where the system starts no thread.
    pub fn told(
        studies: &[Study],
        cells: &[Cell],
        meter: Option<Arc<Meter>>,
        tell: impl Fn(f64, &str) + Send + 'static,
    ) -> Result<Self, RunnerError> {
        Ok(Self::over(studies, cells, Bar::told(meter, tell)?))
    }

    /// One that shows nothing.
    pub fn hidden(studies: &[Study]) -> Self {
        Self::over(studies, &cells(studies), Bar::hidden())
    }

    fn over(studies: &[Study], cells: &[Cell], bar: Bar) -> Self {
        let (current, ended) = Default::default();
        let progress = Self { bar, current, ended, studies: studies.to_vec() };
        progress.bar.gauge().set_length(progress.cost(cells.iter().copied()));
        progress
    }

    /// Narrow enough for a sum over all cells.
    fn cost(&self, cells: impl Iterator<Item = Cell>) -> u64 {
        let costs = cells.map(|cell| self.studies[cell.study].cost(cell) >> 10);
        costs.map(|cost| u64::try_from(cost).unwrap_or(u64::MAX)).fold(0, u64::saturating_add)
    }

    /// Some cells need no training: the bar and its estimate begin after them.
    pub fn skip(&self, cells: impl Iterator<Item = Cell>) {
        self.ended.set(self.cost(cells));
        self.bar.stand_at(self.ended.get(), 0);
        self.bar.begin();
    }

    /// Prints lines on standard error without spoiling the bar.
    pub fn line_printer(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let bar = self.bar.gauge().clone();
        move |line| bar.suspend(|| tell(line))
    }

    /// Some cells of a study begin.
    pub fn cells(&self, study: &Study, cells: &[Cell]) {
        let [first, ..] = cells else { return };
        let name = if self.studies.len() > 1 { format!("{}, ", study.id) } else { String::new() };
        let seed = match cells {
            [only] => format!(", seed {}", only.seed),
            _ => String::new(),
        };
        self.bar.set_current(format!("{name}n = {}{seed}", first.width));
        let runs = study.expected_runs().max(1) as u64;
        let cost = |&cell: &Cell| {
            let whole = self.cost(std::iter::once(cell));
            (cell, Cost { run: whole / runs, whole, done: 0 })
        };
        let costs: Vec<(Cell, Cost)> = cells.iter().map(cost).collect();
        let room = costs.iter().map(|(_, cost)| cost.whole).fold(0, u64::saturating_add);
        self.bar.set_runs(costs.iter().map(|(cell, cost)| (cell.width, cost.run)), room);
        self.current.replace(costs);
    }

    /// Some runs of a cell are trained.
    pub fn trained(&self, cell: Cell, runs: usize) {
        let mut current = self.current.borrow_mut();
        for (_, cost) in current.iter_mut().filter(|(known, _)| *known == cell) {
            let done = cost.run.saturating_mul(runs as u64);
            cost.done = cost.done.saturating_add(done).min(cost.whole);
        }
        let done = current.iter().map(|(_, cost)| cost.done).fold(0, u64::saturating_add);
        let whole = current.iter().map(|(_, cost)| cost.whole).fold(0, u64::saturating_add);
        self.bar.stand_at(self.ended.get().saturating_add(done), whole.saturating_sub(done));
    }

    /// Cells are finished, with however many runs.
    pub fn done(&self, cells: &[Cell]) {
        let cost = self.cost(cells.iter().copied());
        self.ended.set(self.ended.get().saturating_add(cost));
        self.current.borrow_mut().clear();
        self.bar.stand_at(self.ended.get(), 0);
    }
}

/// Prints a line on standard error. That nobody may be reading is no failure.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
