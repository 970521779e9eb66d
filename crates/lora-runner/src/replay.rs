//! The search of a cell, gone through with kept runs alone. It asks for the same learning rates
//! again, so what it still wants is exactly what is missing.

use lora_experiment::cells::Cell;
use lora_experiment::study::definition::Study;
use lora_sim::Trajectory;
use lora_sim::spec::Run;
use lora_store::error::StoreError;
use lora_store::rows::Rows;
use lora_store::stored::{StoredRun, StoredRuns};

use crate::search::{Search, WantedBatch};

/// What is kept of a cell.
#[derive(Debug)]
pub struct Replay<R> {
    /// Which.
    pub cell: Cell,
    /// Runs that the search asked for and found.
    pub kept: usize,
    /// Those of them that diverged.
    pub diverged: usize,
    /// Time that their training took, in seconds.
    pub seconds: f64,
    /// Runs that it wants next and that are not kept; 0 when it has ended.
    pub wanted: usize,
    /// Of a search that has ended, all that was measured; nothing otherwise.
    pub results: R,
}

/// What is kept of some cells.
///
/// # Errors
///
/// What the database says where it cannot be read.
pub fn of_cells<R: Rows>(kept: &StoredRuns, cells: &[Cell]) -> Result<Vec<Replay<R>>, StoreError> {
    let get = |cell, ratio, run: &Run| kept.get(cell, ratio, run);
    of(kept.studies(), cells, get)
}

/// The same; `get` gives a run of a cell at a ratio η_B/η_A, if it is kept.
///
/// # Errors
///
/// What `get` says.
pub fn of<R: Rows>(
    studies: &[Study],
    cells: &[Cell],
    get: impl Fn(Cell, f64, &Run) -> Result<Option<StoredRun>, StoreError>,
) -> Result<Vec<Replay<R>>, StoreError> {
    cells.iter().map(|&cell| of_cell(&studies[cell.study], cell, &get)).collect()
}

/// Runs that are kept.
pub fn kept<R>(replays: &[Replay<R>]) -> usize {
    replays.iter().map(|replay| replay.kept).sum()
}

/// Runs that are needed in all, in words: "about" unless every search has ended.
pub fn needed<R>(studies: &[Study], replays: &[Replay<R>]) -> String {
    about(replays, replays.iter().map(|replay| replay.expected(studies)).sum())
}

/// Runs that are to be trained, in words: "about" unless every search has ended.
pub fn missing<R>(studies: &[Study], replays: &[Replay<R>]) -> String {
    let missing = |replay: &Replay<R>| replay.expected(studies) - replay.kept;
    about(replays, replays.iter().map(missing).sum())
}

fn about<R>(replays: &[Replay<R>], runs: usize) -> String {
    let about = if replays.iter().all(|replay| replay.wanted == 0) { "" } else { "about " };
    format!("{about}{runs}")
}

impl<R> Replay<R> {
    /// Runs that the cell needs in all: exact where its search has ended.
    pub fn expected(&self, studies: &[Study]) -> usize {
        match self.wanted {
            0 => self.kept,
            wanted => studies[self.cell.study].expected_runs().max(self.kept + wanted),
        }
    }
}

/// Searches a cell without training.
fn of_cell<R: Rows>(
    study: &Study,
    cell: Cell,
    get: impl Fn(Cell, f64, &Run) -> Result<Option<StoredRun>, StoreError>,
) -> Result<Replay<R>, StoreError> {
    let empty = R::default();
    let mut replay = Replay { cell, kept: 0, diverged: 0, seconds: 0.0, wanted: 0, results: empty };
    let mut search = Search::new(study, cell);
    loop {
        let batches = search.wanted();
        if batches.is_empty() {
            return Ok(replay);
        }
        let mut trajectories = Vec::new();
        for WantedBatch { lr_ratio, runs } in &batches {
            for wanted in runs {
                let found = get(cell, *lr_ratio, &wanted.run)?;
                trajectories.push(found.map(|kept| replay.count(kept)));
            }
        }
        replay.wanted = trajectories.iter().filter(|found| found.is_none()).count();
        if replay.wanted > 0 {
            replay.results = R::default();
            return Ok(replay);
        }
        feed(study, cell, &batches, &trajectories, (&mut search, &mut replay.results));
    }
}

impl<R> Replay<R> {
    fn count(&mut self, kept: StoredRun) -> Trajectory {
        self.kept += 1;
        self.diverged += usize::from(kept.trajectory.diverged_at.is_some());
        self.seconds += kept.seconds;
        kept.trajectory
    }
}

/// Gives a search the runs that it wanted, all of which are there, and takes their rows.
pub(crate) fn feed<R: Rows>(
    study: &Study,
    cell: Cell,
    batches: &[WantedBatch],
    trajectories: &[Option<Trajectory>],
    (search, rows): (&mut Search, &mut R),
) {
    let wanted =
        batches.iter().flat_map(|batch| batch.runs.iter().map(|&wanted| (batch.lr_ratio, wanted)));
    let found = wanted.zip(trajectories.iter().flatten());
    let found: Vec<_> =
        found.map(|((ratio, wanted), trajectory)| wanted.found(ratio, trajectory)).collect();
    found.iter().for_each(|found| rows.take(study, cell, found));
    search.take(found);
}
