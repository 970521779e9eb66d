//! An experiment from its first run to its figures. Everything that can be refused is refused before
//! anything is trained.

use std::path::{Path, PathBuf};
use std::time::Instant;

use lora_experiment::experiment::Loaded;
use lora_experiment::request::Request;
use lora_experiment::shard::{Shard, cells_of};
use lora_experiment::warnings;
use lora_runner::engine::Chosen;
use lora_runner::memory::{PICTURE, check_drawing};
use lora_runner::states::States;
use lora_runner::sweep;
use lora_store::manifest::Manifest;
use lora_store::rows::Results;
use lora_store::run_dir::Store;
use lora_store::stored::Database;

use crate::caller::Caller;
use crate::conclude::{Concluded, conclude};
use crate::error::SweepError;
use crate::limit::{limit_question, solve_limit};
use crate::training::{Measured, TrainingCall};

/// An experiment that is to be carried out.
pub struct ExperimentCall<'a> {
    /// The experiment.
    pub loaded: &'a Loaded,
    /// Whether its sizes are the quick ones.
    pub quick: bool,
    /// What trains it.
    pub chosen: &'a Chosen,
    /// The share of its cells that is trained; all if absent.
    pub shard: Option<Shard>,
    /// Whether to delete the runs that the folder keeps.
    pub fresh: bool,
    /// Who calls.
    pub caller: &'a dyn Caller,
}

/// A whole experiment.
pub struct Finished {
    /// Its runs and steps.
    pub results: Results,
    /// What follows from them.
    pub concluded: Concluded,
    /// Where they come from, as `manifest.json` holds it.
    pub manifest: Manifest,
    /// What the final test has found, in words; nothing where there is none.
    pub finals: String,
    /// How long it took, on what.
    pub time: String,
}

/// The folder that results go to, if no `out` is named: `runs/NAME`, or `runs/NAME-quick`.
pub fn place(out: Option<&Path>, name: &str, quick: bool) -> PathBuf {
    let ending = if quick { "-quick" } else { "" };
    let default = || PathBuf::from("runs").join(format!("{name}{ending}"));
    out.map_or_else(default, Path::to_owned)
}

impl ExperimentCall<'_> {
    /// Trains what `out` does not keep, solves the limit where it is one of the widths, and concludes.
    ///
    /// # Errors
    /// [`SweepError`] for a folder that cannot be used, for a training that fails or is stopped, and for a
    /// file that cannot be written.
    pub fn run(&self, out: &Path) -> Result<Finished, SweepError> {
        check_drawing(PICTURE)?;
        let limit = limit_question((&self.loaded.name, self.quick), &self.loaded.experiment)?;
        let started = Instant::now();
        self.in_folder(out, |store, mut measured| {
            let mut results = sweep::results(std::mem::take(&mut measured.rows));
            if let Some(question) = &limit {
                results.limits = solve_limit(store, question, Vec::new(), self.caller)?;
                measured.manifest.end(started.elapsed().as_secs_f64());
            }
            let (time, finals) = (measured.time(), measured.finals);
            let study = &self.loaded.study;
            let manifest = store.write_results(&study.experiment, &results, &measured.manifest)?;
            let concluded = conclude(store, study, &results, &manifest)?;
            Ok(Finished { results, concluded, manifest, finals, time })
        })
    }

    /// Trains a shard. Nothing is concluded of it.
    ///
    /// # Errors
    /// As [`ExperimentCall::run`].
    pub fn run_shard(&self, out: &Path) -> Result<Measured<Results>, SweepError> {
        self.in_folder(out, |_, measured| Ok(measured))
    }

    /// Trains, and goes on with what was measured.
    fn in_folder<T>(
        &self,
        out: &Path,
        then: impl FnOnce(&Store, Measured<Results>) -> Result<T, SweepError>,
    ) -> Result<T, SweepError> {
        let store = Store::for_writing(out)?;
        let database = Database::for_writing(out, self.fresh)?;
        if self.fresh {
            store.clear_limits()?;
            States::beside(database.path()).clear();
        }
        let warnings = warnings::before_training(&self.loaded.experiment);
        let warnings = warnings.iter().map(|warning| format!("warning: {warning}"));
        let lines = self.chosen.announcement().into_iter().chain(warnings);
        lines.for_each(|line| self.caller.tell(&line));
        let done = self.train(&store, &database).and_then(|measured| then(&store, measured));
        done.map_err(|error| database.gone().map_or(error, SweepError::from))
    }

    /// Trains what is not kept, once the predictions are written.
    fn train(&self, store: &Store, database: &Database) -> Result<Measured<Results>, SweepError> {
        let (experiment, study) = (&self.loaded.experiment, &self.loaded.study);
        let (studies, shard) = (std::slice::from_ref(study), self.shard);
        let request = &Request::Experiment(Box::new(experiment.clone()));
        database.refuse_other_kind(request)?;
        let engines = &self.chosen.engines();
        let training =
            TrainingCall { request, studies, engines, database, shard, caller: self.caller };
        let replayed = training.replay(&cells_of(studies, shard))?;
        let engine = self.chosen.engine.describe();
        let manifest = Manifest::new(&self.loaded.name, self.quick, experiment, engine, 0.0)?;
        store.keep_plan(experiment, None)?;
        training.train(replayed, manifest, |_| Ok(()))
    }
}
