//! The kept runs of a plan: what a sweep asks before it trains, and where it puts what it has
//! trained.

use crate::error::StoreError;
use lora_experiment::cells::Cell;
use lora_experiment::experiment::TransformerSection;
use lora_experiment::study::definition::Study;
use lora_sim::Trajectory;
use lora_sim::spec::Run;

use super::batch::{NewBatch, NewRun};
use super::database::{Database, StoredRun};
use super::key::{Hash, RunSetting};
use super::numerics::Numerics;
use super::session::Session;

/// StoredRun runs of several studies.
pub struct StoredRuns<'d> {
    database: &'d Database,
    studies: &'d [Study],
    numerics: Numerics,
}

/// Runs of a cell that were trained together, with the same η_B/η_A.
pub struct TrainedBatch {
    /// The cell.
    pub cell: Cell,
    /// η_B/η_A.
    pub lr_ratio: f64,
    /// The runs, each with what was measured.
    pub runs: Vec<(Run, Trajectory)>,
    /// Wall time of all of them.
    pub seconds: f64,
}

impl<'d> StoredRuns<'d> {
    /// Of studies that are trained with these numerics. Others in the database are refused.
    ///
    /// # Errors
    ///
    /// As [`Database::refuse_others`].
    pub fn new(
        database: &'d Database,
        studies: &'d [Study],
        numerics: Numerics,
    ) -> Result<Self, StoreError> {
        database.refuse_others(&numerics)?;
        Ok(Self { database, studies, numerics })
    }

    /// Where they are kept.
    pub fn database(&self) -> &Database {
        self.database
    }

    /// What they belong to.
    pub fn studies(&self) -> &'d [Study] {
        self.studies
    }

    /// A run of a cell, if it is kept.
    ///
    /// # Errors
    ///
    /// As [`Database::get`].
    pub fn get(
        &self,
        cell: Cell,
        lr_ratio: f64,
        run: &Run,
    ) -> Result<Option<StoredRun>, StoreError> {
        self.database.get(&self.key(cell, lr_ratio, run)?)
    }

    /// What a run of a cell is kept under.
    ///
    /// # Errors
    ///
    /// As [`RunSetting::key`].
    pub fn key(&self, cell: Cell, lr_ratio: f64, run: &Run) -> Result<Hash, StoreError> {
        self.setting(cell, lr_ratio)?.key((cell.width, cell.seed), run)
    }

    /// Keeps batches, all of them or nothing.
    ///
    /// # Errors
    ///
    /// As [`Database::put`].
    pub fn put(&self, session: &Session, batches: &[TrainedBatch]) -> Result<(), StoreError> {
        let finished = |batch| self.finished(batch);
        let batches = batches.iter().map(finished).collect::<Result<Vec<_>, _>>()?;
        self.database.put(session, &batches)
    }

    fn finished<'b>(&self, batch: &'b TrainedBatch) -> Result<NewBatch<'b>, StoreError> {
        let TrainedBatch { cell, lr_ratio, ref runs, seconds } = *batch;
        let setting = self.setting(cell, lr_ratio)?;
        let (width, seed) = (cell.width, cell.seed);
        let finished = |(run, trajectory): &'b (Run, Trajectory)| {
            let key = setting.key((width, seed), run)?;
            Ok(NewRun { key, width, seed, run, trajectory })
        };
        let runs = runs.iter().map(finished).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(NewBatch { setting, runs, seconds })
    }

    fn setting(&self, cell: Cell, lr_ratio: f64) -> Result<RunSetting, StoreError> {
        let study = &self.studies[cell.study];
        let (model, training) = (study.model(cell), study.training(lr_ratio));
        let transformer = study.transformer().map(TransformerSection::without_places);
        RunSetting::new(model, transformer.as_ref(), &training, &self.numerics.of(study))
    }
}
