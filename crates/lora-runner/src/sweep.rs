//! Running a plan: each cell's adaptive search, batch by batch, on an engine. Runs that are kept are
//! not trained again.

use std::time::Instant;

use lora_sim::spec::Run;
use lora_sim::{Batch, Engine, Problem, Trajectory};
use lora_stats::{Goals, LrGrid, Sample};

use lora_experiment::error::CommandError;
use lora_experiment::experiment::Experiment;
use lora_store::kept::Database;
use lora_store::kept::Replay;
use lora_store::kept::Session;
use lora_store::kept::Shelf;
use crate::replay;
use lora_store::manifest::Manifest;
use lora_experiment::cells::Cell;
use crate::progress::Progress;
use lora_store::rows::RunRow;
use lora_store::rows::StepRow;
use crate::search::Found;
use crate::search::Search;
use lora_experiment::shell;

/// Everything that a sweep measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// One row a run, by width, seed, init and learning rate.
    pub runs: Vec<RunRow>,
    /// One row a recorded step.
    pub steps: Vec<StepRow>,
}

/// A sweep that is about to train.
pub struct Sweep<'a> {
    /// What is asked.
    pub experiment: &'a Experiment,
    /// What trains.
    pub engine: &'a dyn Engine,
    /// What is trained already.
    pub shelf: &'a Shelf<'a>,
    /// The call that it belongs to.
    pub session: &'a Session,
    /// Who watches.
    pub progress: &'a Progress,
    /// Whether to stop; asked before every batch and at the end.
    pub stop: &'a dyn Fn() -> bool,
}

/// Runs every cell of an experiment and keeps nothing.
pub fn run(
    experiment: &Experiment,
    engine: &dyn Engine,
    progress: &Progress,
) -> Result<Results, CommandError> {
    let database = Database::in_memory()?;
    let numerics = engine.numerics();
    let manifest = Manifest::new("sweep", false, experiment, engine.describe(), 0.0)?;
    let session = &Session::begin(&manifest, experiment, &numerics)?;
    database.begin(session)?;
    let shelf = &Shelf::new(&database, experiment, numerics)?;
    let sweep = Sweep { experiment, engine, shelf, session, progress, stop: &|| false };
    sweep.run(replay::all(experiment, shelf)?)
}

impl Sweep<'_> {
    /// Trains what the cells still want.
    pub fn run(&self, replayed: Vec<Replay>) -> Result<Results, CommandError> {
        let mut kept = replay::kept(&replayed);
        let needed = replay::needed(self.experiment, &replayed);
        let ended = replayed.iter().filter(|replay| replay.wanted == 0);
        self.progress.at_hand(ended.map(|replay| replay.cell));
        let mut results = Results::default();
        for replay in replayed {
            if replay.wanted == 0 {
                results.add(replay.results);
                continue;
            }
            results.add(self.search(replay.cell, &mut kept, &needed)?);
        }
        if (self.stop)() {
            return Err(self.stopped(kept, &needed));
        }
        results.sort();
        Ok(results)
    }

    /// Searches a cell. The problem is prepared when the first run is missing; `kept` counts what
    /// is trained, of as many as are `needed`.
    fn search(&self, cell: Cell, kept: &mut usize, needed: &str) -> Result<Results, CommandError> {
        self.progress.cell(cell);
        let mut problem = None;
        let train = |runs: &[Run]| {
            let found: Vec<Option<Trajectory>> = runs
                .iter()
                .map(|run| Ok(self.shelf.get(cell, run)?.map(|kept| kept.trajectory)))
                .collect::<Result<_, CommandError>>()?;
            let missing = runs.iter().zip(&found).filter(|(_, found)| found.is_none());
            let missing: Vec<Run> = missing.map(|(run, _)| *run).collect();
            let mut trained = Vec::new().into_iter();
            if !missing.is_empty() {
                if (self.stop)() {
                    return Err(self.stopped(*kept, needed));
                }
                trained = self.batch(cell, &mut problem, missing)?.into_iter();
                *kept += trained.len();
            }
            self.progress.trained(cell, runs.len());
            let all = found.into_iter().map(|found| found.or_else(|| trained.next()));
            Ok(all.map(|found| found.expect("kept or trained")).collect())
        };
        let results = search_cell(self.experiment, cell, train)?;
        self.progress.done();
        Ok(results)
    }

    fn stopped(&self, kept: usize, needed: &str) -> CommandError {
        let (path, go_on) =
            (self.shelf.database().path().display(), shell::line(&shell::words_to_go_on()));
        CommandError::Interrupted(format!(
            "stopped: {kept} of {needed} runs are kept, in {path}; this goes on where it was:\n  \
             {go_on}"
        ))
    }

    /// Trains runs and keeps them. Their time is that of preparing the cell, too.
    fn batch<'e>(
        &'e self,
        cell: Cell,
        problem: &mut Option<Box<dyn Problem + 'e>>,
        runs: Vec<Run>,
    ) -> Result<Vec<Trajectory>, CommandError> {
        let started = Instant::now();
        if problem.is_none() {
            let prepared = self.engine.prepare(&self.experiment.model(), cell.width, cell.seed);
            *problem = Some(prepared.map_err(CommandError::failed)?);
        }
        let problem = problem.as_mut().expect("it is prepared");
        let training = self.experiment.training();
        let outcomes =
            problem.train(&Batch::new(&training, &runs)).map_err(CommandError::failed)?;
        let trajectories = outcomes.into_iter().map(|outcome| outcome.trajectory);
        let batch: Vec<(Run, Trajectory)> = runs.into_iter().zip(trajectories).collect();
        self.shelf.put(self.session, cell, &batch, started.elapsed().as_secs_f64())?;
        Ok(batch.into_iter().map(|(_, trajectory)| trajectory).collect())
    }
}

/// The search of a cell, its runs trained by whatever trains them.
pub fn search_cell<E: From<CommandError>>(
    experiment: &Experiment,
    cell: Cell,
    train: impl FnMut(&[Run]) -> Result<Vec<Trajectory>, E>,
) -> Result<Results, E> {
    let grid = LrGrid::new(experiment.grid_spec()).map_err(CommandError::failed)?;
    let search = Search {
        grid: &grid,
        goals: Goals { minimum: true, stability_bound: Some(experiment.search.stability_bound) },
        inits: &experiment.training.inits,
        adapter_seed: cell.seed,
    };
    let mut results = Results::default();
    search.run(train, |found| results.take(experiment, cell, &found))?;
    Ok(results)
}

impl Results {
    /// The rows of a run, and what the search sees of it.
    fn take(&mut self, experiment: &Experiment, cell: Cell, found: &Found) -> Sample {
        let &Found { init, lr_index, lr, trajectory } = found;
        let steps = trajectory.records.iter().map(|r| StepRow::new(cell, init, lr_index, r));
        self.steps.extend(steps);
        let row = RunRow::new(experiment, cell, init, (lr_index, lr), trajectory);
        let sample = row.sample();
        self.runs.push(row);
        sample
    }

    /// Of searches that have all ended.
    pub fn of(replays: Vec<Replay>) -> Self {
        let mut results = Self::default();
        replays.into_iter().for_each(|replay| results.add(replay.results));
        results.sort();
        results
    }

    fn add(&mut self, other: Self) {
        self.runs.extend(other.runs);
        self.steps.extend(other.steps);
    }

    /// The order of the files: it does not tell in which order the search went.
    fn sort(&mut self) {
        self.runs.sort_by_key(|r| (r.init, r.width, r.seed, r.lr_index));
        self.steps.sort_by_key(|r| (r.init, r.width, r.seed, r.lr_index, r.step));
    }
}

#[cfg(test)]
mod tests {
    use lora_sim::CpuEngine;

    use super::*;
    use crate::fake_engine::FakeEngine;

    fn small() -> Experiment {
        let mut e = Experiment::default();
        (e.model.widths, e.training.seeds, e.training.steps) = (vec![8, 16], vec![0, 1], 3);
        (e.model.points, e.model.test_points, e.model.teacher_width) = (8, 2, 8);
        e.model.teacher_rank = 2;
        e
    }

    /// A sweep on an engine, with the runs of a database.
    fn swept(
        experiment: &Experiment,
        engine: &dyn Engine,
        database: &Database,
        stop: &dyn Fn() -> bool,
    ) -> Result<Results, CommandError> {
        let shelf = &Shelf::new(database, experiment, "same".to_owned())?;
        let manifest = Manifest::new("small", false, experiment, engine.describe(), 0.0)?;
        let session = &Session::begin(&manifest, experiment, "same")?;
        database.begin(session)?;
        let progress = &Progress::hidden(experiment);
        let sweep = Sweep { experiment, engine, shelf, session, progress, stop };
        sweep.run(replay::all(experiment, shelf)?)
    }

    /// The fake trains nothing, and does not even prepare.
    #[test]
    fn what_is_kept_is_neither_trained_nor_prepared() {
        let (e, cpu, fake) = (small(), CpuEngine::new(), FakeEngine::default());
        let database = Database::in_memory().expect("a database");
        assert!(swept(&e, &fake, &database, &|| false).is_err());
        let results = swept(&e, &cpu, &database, &|| false).expect("it trains");
        assert_eq!(swept(&e, &fake, &database, &|| false).expect("all is kept"), results);
        assert_eq!(run(&e, &cpu, &Progress::hidden(&e)).expect("it trains"), results);
        let mut more = e.clone();
        more.training.seeds.push(2);
        assert!(swept(&more, &fake, &database, &|| false).is_err(), "a seed is missing");
    }

    #[test]
    fn one_that_is_stopped_after_every_batch_comes_to_the_same() {
        let (e, cpu) = (small(), CpuEngine::new());
        let database = Database::in_memory().expect("a database");
        let whole = run(&e, &cpu, &Progress::hidden(&e)).expect("it trains");
        let mut stops = 0;
        let results = loop {
            let asked = std::cell::Cell::new(0);
            let stop = || asked.replace(asked.get() + 1) > 0;
            match swept(&e, &cpu, &database, &stop) {
                Err(CommandError::Interrupted(message)) => {
                    stops += 1;
                    assert!(message.starts_with("stopped: "), "{message}");
                }
                Ok(results) => break results,
                Err(error) => panic!("{error}"),
            }
        };
        assert!(stops > 8, "{stops}");
        assert_eq!(results, whole);
    }
}
