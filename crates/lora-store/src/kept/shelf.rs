//! The kept runs of one setting: what a sweep asks before it trains, and where it puts what it has
//! trained.

use lora_sim::Trajectory;
use lora_sim::spec::Run;

use crate::kept::database::Database;
use crate::kept::database::Finished;
use crate::kept::database::Kept;
use crate::kept::key::Setting;
use crate::kept::session::Session;
use lora_experiment::error::CommandError;
use lora_experiment::experiment::Experiment;
use lora_experiment::cells::Cell;

/// Kept runs of a setting.
#[derive(Debug)]
pub struct Shelf<'d> {
    database: &'d Database,
    setting: Setting,
}

impl<'d> Shelf<'d> {
    /// Of an experiment that is trained with these numerics. Others in the database are refused.
    pub fn new(
        database: &'d Database,
        experiment: &Experiment,
        numerics: String,
    ) -> Result<Self, CommandError> {
        database.refuse_others(&numerics)?;
        Ok(Self { database, setting: Setting::new(experiment, numerics)? })
    }

    /// Where it is kept.
    pub fn database(&self) -> &Database {
        self.database
    }

    /// A run, if it is kept.
    pub fn get(&self, cell: Cell, run: &Run) -> Result<Option<Kept>, CommandError> {
        self.database.get(&self.setting.key(cell, run)?)
    }

    /// Keeps a batch of a cell, which took this long.
    pub fn put(
        &self,
        session: &Session,
        cell: Cell,
        batch: &[(Run, Trajectory)],
        seconds: f64,
    ) -> Result<(), CommandError> {
        let finished = |(run, trajectory)| {
            let key = self.setting.key(cell, run)?;
            Ok(Finished { key, width: cell.width, seed: cell.seed, run, trajectory })
        };
        let batch = batch.iter().map(|(run, trajectory)| finished((run, trajectory)));
        let batch = batch.collect::<Result<Vec<Finished>, CommandError>>()?;
        self.database.put((&self.setting, session), &batch, seconds)
    }
}
