//! The search of a cell, gone through with kept runs alone: it asks for the same learning rates
//! again, so what it still wants is exactly what is missing.

use lora_sim::Trajectory;
use lora_sim::spec::Run;

use lora_store::kept::database::Kept;
use lora_store::kept::shelf::Shelf;
use lora_experiment::error::CommandError;
use lora_experiment::experiment::Experiment;
use lora_experiment::cells::Cell;
use lora_experiment::cells::cells;
use lora_experiment::cells::expected_runs;
use crate::sweep::Results;
use crate::sweep::search_cell;

/// What is kept of a cell.
#[derive(Debug)]
pub struct Replay {
    /// Which.
    pub cell: Cell,
    /// Runs that the search asked for and found.
    pub kept: usize,
    /// Those of them that diverged.
    pub diverged: usize,
    /// Time that their training took.
    pub seconds: f64,
    /// Runs that it wants next and that are not kept; 0 when it has ended.
    pub wanted: usize,
    /// Of a search that has ended, all that was measured; nothing otherwise.
    pub results: Results,
}

/// Why a search stopped.
enum Stop {
    Wanted(usize),
    Failed(CommandError),
}

impl From<CommandError> for Stop {
    fn from(error: CommandError) -> Self {
        Self::Failed(error)
    }
}

/// What is kept of every cell of an experiment, in the order of the plan.
pub fn all(experiment: &Experiment, shelf: &Shelf) -> Result<Vec<Replay>, CommandError> {
    of_cells(experiment, cells(experiment), |cell, run| shelf.get(cell, run))
}

/// The same of some cells; `get` gives a run, if it is kept.
pub fn of_cells(
    experiment: &Experiment,
    cells: Vec<Cell>,
    get: impl Fn(Cell, &Run) -> Result<Option<Kept>, CommandError>,
) -> Result<Vec<Replay>, CommandError> {
    cells.into_iter().map(|cell| of(experiment, &get, cell)).collect()
}

/// Runs that are kept.
pub fn kept(replays: &[Replay]) -> usize {
    replays.iter().map(|replay| replay.kept).sum()
}

/// Runs that are needed in all, in words: "about" unless every search has ended.
pub fn needed(experiment: &Experiment, replays: &[Replay]) -> String {
    let about = if replays.iter().all(|replay| replay.wanted == 0) { "" } else { "about " };
    let needed: usize = replays.iter().map(|replay| replay.expected(experiment)).sum();
    format!("{about}{needed}")
}

impl Replay {
    /// Runs that the cell needs in all: exact where its search has ended.
    pub fn expected(&self, experiment: &Experiment) -> usize {
        match self.wanted {
            0 => self.kept,
            wanted => expected_runs(experiment).max(self.kept + wanted),
        }
    }
}

/// Searches a cell without training.
fn of(
    experiment: &Experiment,
    get: impl Fn(Cell, &Run) -> Result<Option<Kept>, CommandError>,
    cell: Cell,
) -> Result<Replay, CommandError> {
    let mut replay =
        Replay { cell, kept: 0, diverged: 0, seconds: 0.0, wanted: 0, results: Results::default() };
    let train = |runs: &[Run]| {
        let mut trajectories = Vec::new();
        for run in runs {
            let Some(kept) = get(cell, run)? else { continue };
            replay.kept += 1;
            replay.diverged += usize::from(kept.trajectory.diverged_at.is_some());
            replay.seconds += kept.seconds;
            trajectories.push(kept.trajectory);
        }
        match runs.len() - trajectories.len() {
            0 => Ok::<Vec<Trajectory>, Stop>(trajectories),
            missing => Err(Stop::Wanted(missing)),
        }
    };
    match search_cell(experiment, cell, train) {
        Ok(results) => replay.results = results,
        Err(Stop::Wanted(missing)) => replay.wanted = missing,
        Err(Stop::Failed(error)) => return Err(error),
    }
    Ok(replay)
}
