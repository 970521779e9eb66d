//! Cells whose search goes on, side by side.

use std::time::Instant;

use crate::error::RunnerError;
use lora_experiment::cells::Cell;
use lora_experiment::study::definition::Study;
use lora_sim::spec::Run;
use lora_sim::{Batch, Engine, Problem, SimError, Trajectory};
use lora_store::rows::Rows;
use lora_store::stored::{StoredRuns, TrainedBatch};
use rayon::prelude::*;

use crate::replay::feed;
use crate::search::{Search, WantedBatch};

/// A cell with its search, its problem and its rows.
pub(crate) struct Open<'s, R> {
    study: &'s Study,
    cell: Cell,
    search: Search<'s>,
    /// Prepared when the first run is missing.
    problem: Option<Box<dyn Problem + 's>>,
    rows: R,
    /// What the search wants now.
    batches: Vec<WantedBatch>,
    /// What is there of it, run by run.
    found: Vec<Option<Trajectory>>,
}

impl<'s, R: Rows> Open<'s, R> {
    pub fn new(study: &'s Study, cell: Cell) -> Self {
        Self {
            study,
            cell,
            search: Search::new(study, cell),
            problem: None,
            rows: R::default(),
            batches: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Whether something that it wants is missing.
    pub fn lacks(&self) -> bool {
        self.found.iter().any(Option::is_none)
    }

    /// Takes the runs that it wanted, which are all there.
    pub fn feed(&mut self) {
        let (search, rows) = (&mut self.search, &mut self.rows);
        feed(self.study, self.cell, &self.batches, &self.found, (search, rows));
    }

    /// The cell with its rows.
    pub fn into_rows(self) -> (Cell, R) {
        (self.cell, self.rows)
    }

    /// Runs that are missing, batch by batch.
    fn missing(&self) -> Vec<(f64, Vec<Run>)> {
        let mut found = self.found.iter();
        let missing = |batch: &WantedBatch| {
            let runs = batch.runs.iter().zip(found.by_ref());
            let runs = runs.filter(|(_, found)| found.is_none()).map(|(wanted, _)| wanted.run);
            (batch.lr_ratio, runs.collect::<Vec<Run>>())
        };
        let batches: Vec<_> = self.batches.iter().map(missing).collect();
        batches.into_iter().filter(|(_, runs)| !runs.is_empty()).collect()
    }

    /// Trains what is missing, batch by batch, unless the engine is stopped.
    fn train(&mut self, engine: &'s dyn Engine) -> Result<Round, RunnerError> {
        let (missing, mut round) = (self.missing(), Round::default());
        for batch in missing {
            match self.train_batch(engine, batch) {
                Ok(trained) => round.trained.push(trained),
                Err(SimError::Stopped) => {
                    round.stopped = true;
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(round)
    }

    /// Trains runs. The time of the first batch is that of preparing the cell, too.
    fn train_batch(
        &mut self,
        engine: &'s dyn Engine,
        (lr_ratio, runs): (f64, Vec<Run>),
    ) -> Result<TrainedBatch, SimError> {
        let (study, cell, started) = (self.study, self.cell, Instant::now());
        let problem = match &mut self.problem {
            Some(problem) => problem,
            none => none.insert(engine.prepare(&study.model(cell), cell.width, cell.seed)?),
        };
        let training = study.training(lr_ratio);
        let outcomes = problem.train(&Batch::new(&training, &runs))?;
        let trajectories = outcomes.into_iter().map(|outcome| outcome.trajectory);
        let runs = runs.into_iter().zip(trajectories).collect();
        Ok(TrainedBatch { cell, lr_ratio, runs, seconds: started.elapsed().as_secs_f64() })
    }
}
/// What cells have come to in a round.
#[derive(Default)]
pub(crate) struct Round {
    /// What was trained.
    pub trained: Vec<TrainedBatch>,
    /// Whether the engine was stopped before all of it was.
    pub stopped: bool,
}

/// Asks every search what it wants and the store what of it is kept. Whether any wants anything.
pub(crate) fn open_together<R: Rows>(
    open: &mut [Open<R>],
    kept: &StoredRuns,
) -> Result<bool, RunnerError> {
    for one in open.iter_mut() {
        one.batches = one.search.wanted();
        one.found.clear();
        for WantedBatch { lr_ratio, runs } in &one.batches {
            for wanted in runs {
                let found = kept.get(one.cell, *lr_ratio, &wanted.run)?;
                one.found.push(found.map(|kept| kept.trajectory));
            }
        }
    }
    Ok(open.iter().any(|one| !one.batches.is_empty()))
}

/// Trains what is missing of all cells at the same time: narrow ones do not fill the cores alone.
pub(crate) fn train<'s, R: Rows + Send>(
    open: &mut [Open<'s, R>],
    engine: &'s dyn Engine,
) -> Result<Round, RunnerError> {
    let rounds = open.par_iter_mut().with_max_len(1).map(|one| one.train(engine));
    let rounds: Vec<Round> = rounds.collect::<Result<_, _>>()?;
    let stopped = rounds.iter().any(|round| round.stopped);
    let trained = rounds.into_iter().flat_map(|round| round.trained).collect();
    Ok(Round { trained, stopped })
}

/// Gives a trained batch to its cell.
pub(crate) fn give<R: Rows>(open: &mut [Open<R>], batch: TrainedBatch) {
    let Some(one) = open.iter_mut().find(|one| one.cell == batch.cell) else { return };
    let wanted = one.batches.iter().flat_map(|of| of.runs.iter().map(|run| (of.lr_ratio, run.run)));
    let places: Vec<usize> = wanted
        .enumerate()
        .filter(|(place, (ratio, _))| one.found[*place].is_none() && *ratio == batch.lr_ratio)
        .map(|(place, _)| place)
        .collect();
    for (place, (_, trajectory)) in places.into_iter().zip(batch.runs) {
        one.found[place] = Some(trajectory);
    }
}
