//! A run's `plan.json`: what the theory predicts of its experiment, from before training.

use super::{PLAN, Store};
use crate::digest;
use crate::error::{Remedy, StoreError};
use crate::folder::Folder;
use crate::manifest::Manifest;
use lora_experiment::experiment::Experiment;
use lora_experiment::prediction::RunPlan;

impl Store {
    /// Writes the plan of an experiment, unless the directory has it already: that of the first call
    /// stays. `part` is the directory of a shard whose plan is taken over.
    ///
    /// # Errors
    ///
    /// As [`Folder::read`] and [`Folder::write_json`].
    pub fn keep_plan(
        &self,
        experiment: &Experiment,
        part: Option<&Folder>,
    ) -> Result<(), StoreError> {
        for folder in [Some(&self.folder), part].into_iter().flatten() {
            let text = folder.read(PLAN)?.unwrap_or_default();
            if let Some(plan) = RunPlan::parse(&text).ok().filter(|plan| plan.is_for(experiment)) {
                return self.write_json(PLAN, &plan);
            }
        }
        self.write_json(PLAN, &RunPlan::new(experiment))
    }

    /// Reads back the plan of a run's experiment. A directory of an older version has none, and one
    /// in which training of another experiment has begun has another; it is then made anew.
    ///
    /// # Errors
    ///
    /// [`StoreError::Content`] if the file is no plan, and [`StoreError::Changed`] if it is not the one that
    /// was written.
    pub fn plan(
        &self,
        experiment: &Experiment,
        manifest: &Manifest,
    ) -> Result<RunPlan, StoreError> {
        let Some(text) = self.folder.read(PLAN)? else { return Ok(RunPlan::new(experiment)) };
        let path = self.dir().join(PLAN);
        let plan = RunPlan::parse(&text).map_err(|error| StoreError::content(&path, error))?;
        if !plan.is_for(experiment) {
            return Ok(RunPlan::new(experiment));
        }
        // A run that an older version finished has none.
        if manifest.digests.contains_key(PLAN) {
            digest::check(&manifest.digests, (&path, text.as_bytes()), Remedy::RunAgainHere)?;
        }
        Ok(plan)
    }
}
