//! Training a plan: the search of every cell, batch by batch, on an engine. Runs that are kept are
//! not trained again.

use crate::error::RunnerError;
use lora_experiment::cells::{Cell, cells};
use lora_experiment::request::Request;
use lora_experiment::study::definition::Study;
use lora_sim::Engine;
use lora_store::error::StoreError;
use lora_store::manifest::Manifest;
use lora_store::rows::{Results, Rows};
use lora_store::stored::{Database, Session, StoredRuns, TrainedBatch};

use crate::engines::Engines;
use crate::finals;
use crate::open::{Open, open_together};
use crate::progress::Progress;
use crate::replay::{self, Replay};
use crate::states::States;
use crate::watch::Watch;

/// A sweep that is about to train.
pub struct Sweep<'a> {
    /// What trains.
    pub engines: &'a Engines<'a>,
    /// What is asked, and what is trained already.
    pub kept: &'a StoredRuns<'a>,
    /// The call that it belongs to.
    pub session: &'a Session,
    /// Who watches.
    pub progress: &'a Progress,
    /// Whether to stop; asked before every batch and at the end.
    pub stop: &'a dyn Fn() -> bool,
}

/// The rows of each cell.
pub type ByCell<R> = Vec<(Cell, R)>;

/// The rows of all cells, in the order of the files.
pub fn results(rows: ByCell<Results>) -> Results {
    Results::of(rows.into_iter().map(|(_, rows)| rows))
}

/// What a sweep has come to.
pub struct SweepOutcome<R> {
    /// Of every cell.
    pub rows: ByCell<R>,
    /// How many runs that are.
    pub runs: usize,
}

/// Trains every cell of a study, shows nothing and keeps nothing on disk. The rows of all its runs.
///
/// # Errors
///
/// [`RunnerError::Engine`] where the engine fails, and [`RunnerError::Store`] where the runs cannot be
/// stored.
pub fn run(study: &Study, engine: &dyn Engine) -> Result<Results, RunnerError> {
    let (database, engines) = (Database::in_memory()?, &Engines::one(engine));
    let (experiment, studies) = (&study.experiment, std::slice::from_ref(study));
    let numerics = engines.numerics(studies);
    let request = Request::Experiment(Box::new(experiment.clone()));
    let manifest = Manifest::new(&study.id, false, experiment, engine.describe(), 0.0)?;
    let session = &Session::begin(&manifest, &request, &numerics.to_string())?;
    database.begin(session)?;
    let kept = &StoredRuns::new(&database, studies, numerics)?;
    let progress = &Progress::hidden(studies);
    let sweep = Sweep { engines, kept, session, progress, stop: &|| false };
    let outcome = sweep.run(replay::of_cells(kept, &cells(studies))?, |_| Ok(()))?;
    Ok(results(outcome.rows))
}

impl Sweep<'_> {
    /// Trains what the cells still want. `begin` is told the place of every study before its first
    /// cell is trained.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Stopped`] if `stop` said so; [`RunnerError::Engine`] where the engine fails;
    /// [`RunnerError::Store`] where runs cannot be stored, or from `begin`. What was stored before stays.
    pub fn run<R: Rows>(
        &self,
        replayed: Vec<Replay<R>>,
        mut begin: impl FnMut(usize) -> Result<(), StoreError>,
    ) -> Result<SweepOutcome<R>, RunnerError> {
        self.forget_stored()?;
        let studies = self.kept.studies();
        let mut count =
            Count { kept: replay::kept(&replayed), needed: replay::needed(studies, &replayed) };
        let (ended, open): (Vec<_>, Vec<_>) =
            replayed.into_iter().partition(|replay| replay.wanted == 0);
        self.progress.skip(ended.iter().map(|replay| replay.cell));
        let mut all: ByCell<R> =
            ended.into_iter().map(|replay| (replay.cell, replay.results)).collect();
        let open: Vec<Cell> = open.into_iter().map(|replay| replay.cell).collect();
        for of_study in open.chunk_by(|a, b| a.study == b.study) {
            begin(of_study[0].study)?;
            for together in self.engines.together(&studies[of_study[0].study], of_study) {
                all.extend(self.search(together, &mut count)?);
            }
        }
        if (self.stop)() || !self.tested(&all)? {
            return Err(self.stopped(&count));
        }
        Ok(SweepOutcome { rows: all, runs: count.kept })
    }

    /// Makes the final test of all cells, where there is one; whether all of it is made.
    fn tested<R>(&self, all: &ByCell<R>) -> Result<bool, RunnerError> {
        let Some(engine) = self.engines.transformer() else { return Ok(true) };
        let cells: Vec<Cell> = all.iter().map(|(cell, _)| *cell).collect();
        finals::measure(engine, self.kept, &cells)
    }

    /// Searches cells of one study side by side, in rounds: what is missing in a round is trained at
    /// the same time and kept in one transaction.
    fn search<R: Rows>(
        &self,
        together: &[Cell],
        count: &mut Count,
    ) -> Result<ByCell<R>, RunnerError> {
        let study = &self.kept.studies()[together[0].study];
        let engine = self.engines.of(study);
        self.progress.cells(study, together);
        let mut open: Vec<Open<R>> = together.iter().map(|&cell| Open::new(study, cell)).collect();
        while open_together(&mut open, self.kept)? {
            if open.iter().any(Open::lacks) {
                if (self.stop)() {
                    return Err(self.stopped(count));
                }
                let round = crate::open::train(&mut open, engine.as_ref())?;
                self.keep(&round.trained)?;
                for batch in round.trained {
                    count.kept += batch.runs.len();
                    self.progress.trained(batch.cell, batch.runs.len());
                    crate::open::give(&mut open, batch);
                }
                if round.stopped {
                    return Err(self.stopped(count));
                }
            }
            open.iter_mut().for_each(Open::feed);
        }
        self.progress.done(together);
        Ok(open.into_iter().map(Open::into_rows).collect())
    }

    /// Stores runs, whose states nobody needs any more.
    fn keep(&self, batches: &[TrainedBatch]) -> Result<(), RunnerError> {
        self.kept.put(self.session, batches)?;
        let Some(states) = self.states() else { return Ok(()) };
        for TrainedBatch { cell, lr_ratio, runs, .. } in batches {
            for (run, _) in runs {
                states.forget(&self.kept.key(*cell, *lr_ratio, run)?);
            }
        }
        states.tidy();
        Ok(())
    }

    /// Drops the states of runs that are stored: a sweep may have been ended between the two.
    fn forget_stored(&self) -> Result<(), RunnerError> {
        let Some(states) = self.states() else { return Ok(()) };
        for key in states.keys() {
            if self.kept.database().get(&key)?.is_some() {
                states.forget(&key);
            }
        }
        states.tidy();
        Ok(())
    }

    fn states(&self) -> Option<&States> {
        self.engines.watch().and_then(Watch::states)
    }

    fn stopped(&self, count: &Count) -> RunnerError {
        let path = self.kept.database().path().to_owned();
        let Count { kept, needed } = count;
        let unfinished = self.states().map_or(0, |states| states.keys().len());
        RunnerError::Stopped { path, stored: *kept, needed: needed.clone(), unfinished }
    }
}

/// Runs of a sweep.
struct Count {
    /// Those that are kept.
    kept: usize,
    /// All, in words.
    needed: String,
}

#[cfg(test)]
mod tests {
    use lora_experiment::experiment::Experiment;
    use lora_sim::CpuEngine;
    use lora_store::stored::Numerics;

    use super::*;
    use crate::fake_engine::FakeEngine;

    fn small() -> Experiment {
        let mut e = Experiment::default();
        (e.model.widths, e.training.seeds, e.training.steps) = (vec![8, 16].into(), vec![0, 1], 3);
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
    ) -> Result<Results, RunnerError> {
        let request = Request::Experiment(Box::new(experiment.clone()));
        let studies = request.studies("small")?;
        let numerics = Numerics { network: "same".to_owned(), ..Numerics::default() };
        let kept = &StoredRuns::new(database, &studies, numerics)?;
        let manifest = Manifest::new("small", false, experiment, engine.describe(), 0.0)?;
        let session = &Session::begin(&manifest, &request, "same")?;
        database.begin(session)?;
        let progress = &Progress::hidden(&studies);
        let engines = &Engines::one(engine);
        let sweep = Sweep { engines, kept, session, progress, stop };
        let rows = sweep.run(replay::of_cells(kept, &cells(&studies))?, |_| Ok(()))?;
        Ok(results(rows.rows))
    }

    fn fresh(experiment: &Experiment, engine: &dyn Engine) -> Results {
        let study = Study::of("small", experiment).expect("a grid");
        run(&study, engine).expect("it trains")
    }

    /// The fake trains nothing, and does not even prepare.
    #[test]
    fn what_is_kept_is_neither_trained_nor_prepared() {
        let (e, cpu, fake) = (small(), CpuEngine::new(), FakeEngine::default());
        let database = Database::in_memory().expect("a database");
        assert!(swept(&e, &fake, &database, &|| false).is_err());
        let results = swept(&e, &cpu, &database, &|| false).expect("it trains");
        assert_eq!(swept(&e, &fake, &database, &|| false).expect("all is kept"), results);
        assert_eq!(fresh(&e, &cpu), results);
        let mut more = e.clone();
        more.training.seeds.push(2);
        assert!(swept(&more, &fake, &database, &|| false).is_err(), "a seed is missing");
    }

    #[test]
    fn what_training_does_not_read_trains_nothing_anew() {
        let (e, cpu, fake) = (small(), CpuEngine::new(), FakeEngine::default());
        let database = Database::in_memory().expect("a database");
        let results = swept(&e, &cpu, &database, &|| false).expect("it trains");
        let mut other = e.clone();
        (other.search.basin, other.title) = (0.5, "other".to_owned());
        assert_eq!(swept(&other, &fake, &database, &|| false).expect("all is kept"), results);
    }

    #[test]
    fn one_that_is_stopped_after_every_batch_comes_to_the_same() {
        let (e, cpu) = (small(), CpuEngine::new());
        let database = Database::in_memory().expect("a database");
        let whole = fresh(&e, &cpu);
        let mut stops = 0;
        let results = loop {
            let asked = std::cell::Cell::new(0);
            let stop = || asked.replace(asked.get() + 1) > 0;
            match swept(&e, &cpu, &database, &stop) {
                Err(RunnerError::Stopped { .. }) => stops += 1,
                Ok(results) => break results,
                Err(error) => panic!("{error}"),
            }
        };
        assert!(stops > 8, "{stops}");
        assert_eq!(results, whole);
    }
}
