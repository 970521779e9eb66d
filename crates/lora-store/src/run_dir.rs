//! The files of a run's directory.
//!
//! `runs.sqlite` (see [`crate::stored`]), `plan.json` (what the theory predicts, written before training),
//! `experiment.toml` (every key, with defaults), `runs.csv`, `trajectories.csv`, `modules.csv` of a
//! transformer, `limits.csv` where the limit n → ∞ is one of the widths, `summary.json`, and for each figure its PNG, SVG, CSV and manifest.

mod plan;
mod read_back;

use std::path::Path;

use serde::Serialize;

use crate::error::{FoundInstead, StoreError};
use crate::folder::{Folder, Known};
use crate::limits::LimitRow;
use crate::manifest::Manifest;
use crate::rows::Results;
use crate::{digest, limits, stored};
use lora_experiment::experiment::Experiment;
pub use read_back::ReadBack;

const EXPERIMENT: &str = "experiment.toml";
const RUNS: &str = "runs.csv";
const STEPS: &str = "trajectories.csv";
const MODULES: &str = "modules.csv";
const LIMITS: &str = "limits.csv";
const PLAN: &str = "plan.json";
const SUMMARY: &str = "summary.json";
const MANIFEST: &str = "manifest.json";

/// How a run's directory is known.
pub const KNOWN: Known = Known {
    files: &[(EXPERIMENT, "[model]"), (MANIFEST, "\"experiment_sha256\"")],
    alone: Some(stored::FILE),
    by: "run",
};

/// A directory of results.
#[derive(Clone, Debug)]
pub struct Store {
    folder: Folder,
}

impl Store {
    /// A directory to write into: new, empty, or one that an earlier run wrote.
    ///
    /// # Errors
    ///
    /// As [`Folder::for_writing`].
    pub fn for_writing(dir: &Path) -> Result<Self, StoreError> {
        Ok(Self { folder: Folder::for_writing(dir, &KNOWN)? })
    }

    /// Whether a directory is one to write into; writes nothing.
    ///
    /// # Errors
    ///
    /// As [`Folder::check`].
    pub fn check(dir: &Path) -> Result<(), StoreError> {
        Folder::check(dir, &KNOWN)
    }

    /// A directory that a run has written.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotARun`].
    pub fn for_reading(dir: &Path) -> Result<Self, StoreError> {
        Self::with(dir, &[EXPERIMENT, RUNS, STEPS, MANIFEST])
    }

    /// The same, for what can do without trajectories.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotARun`].
    pub fn for_report(dir: &Path) -> Result<Self, StoreError> {
        Self::with(dir, &[EXPERIMENT, RUNS, MANIFEST])
    }

    /// The same, for what makes the tables again.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotARun`].
    pub fn for_rebuilding(dir: &Path) -> Result<Self, StoreError> {
        Self::with(dir, &[EXPERIMENT, MANIFEST])
    }

    fn with(dir: &Path, files: &[&'static str]) -> Result<Self, StoreError> {
        let missing = files.iter().find(|file| !dir.join(file).is_file());
        let found = match missing {
            None => return Ok(Self { folder: Folder::existing(dir) }),
            Some(_) if !dir.exists() => FoundInstead::Nothing,
            Some(_) if !dir.is_dir() => FoundInstead::File,
            Some(file) => FoundInstead::Without(file),
        };
        Err(StoreError::NotARun { path: dir.to_owned(), found, files: files.to_vec() })
    }

    /// Where the directory is.
    pub fn dir(&self) -> &Path {
        self.folder.dir()
    }

    /// Writes everything that was measured; the manifest last, so that half of it is no run's
    /// directory. The manifest comes back with the digests of the tables.
    ///
    /// # Errors
    ///
    /// [`StoreError::Content`] if the experiment has no TOML, otherwise as [`Folder::write`].
    pub fn write_results(
        &self,
        experiment: &Experiment,
        results: &Results,
        manifest: &Manifest,
    ) -> Result<Manifest, StoreError> {
        let text = toml::to_string(experiment)
            .map_err(|error| StoreError::content(self.dir().join(EXPERIMENT), error))?;
        self.folder.remove(MANIFEST)?;
        self.folder.write(EXPERIMENT, text.as_bytes())?;
        self.write_tables(results, manifest)
    }

    /// Writes the tables, and the manifest with their digests, which comes back.
    ///
    /// # Errors
    ///
    /// As [`Folder::write`].
    pub fn write_tables(
        &self,
        results: &Results,
        manifest: &Manifest,
    ) -> Result<Manifest, StoreError> {
        match results.limits.is_empty() {
            true => self.folder.write_csv(RUNS, &results.runs)?,
            false => self.folder.write_csv(RUNS, &limits::table(results))?,
        }
        self.folder.write_csv(STEPS, &results.steps)?;
        let modules = self.write_any(MODULES, &results.modules)?;
        let limits = self.write_any(LIMITS, &results.limits)?;
        let plan = self.dir().join(PLAN).is_file().then_some(PLAN);
        let optional = [modules, limits, plan].into_iter().flatten();
        let written: Vec<&str> = [RUNS, STEPS].into_iter().chain(optional).collect();
        let digests = digest::of_files(self.dir(), &written)?;
        let manifest = Manifest { digests, ..manifest.clone() };
        self.write_json(MANIFEST, &manifest)?;
        Ok(manifest)
    }

    /// Writes a table that not every run has, and names it. One without rows is removed.
    fn write_any<T: Serialize>(
        &self,
        name: &'static str,
        rows: &[T],
    ) -> Result<Option<&'static str>, StoreError> {
        if rows.is_empty() {
            self.folder.remove(name)?;
            return Ok(None);
        }
        self.folder.write_csv(name, rows)?;
        Ok(Some(name))
    }

    /// The runs of limits that the directory keeps, of whatever experiment.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`] or [`StoreError::Content`] if they cannot be read.
    pub fn kept_limits(&self) -> Result<Vec<LimitRow>, StoreError> {
        kept_limits(self.dir())
    }

    /// Keeps the runs of limits that are solved so far. A run's directory lists their table once all are.
    ///
    /// # Errors
    ///
    /// As [`Folder::write_csv`].
    pub fn keep_limits(&self, rows: &[LimitRow]) -> Result<(), StoreError> {
        self.folder.write_csv(LIMITS, rows)
    }

    /// Removes a figure of a run with its manifest, if it is there.
    ///
    /// # Errors
    ///
    /// As [`Folder::remove`].
    pub fn remove_figure(&self, name: &str) -> Result<(), StoreError> {
        self.folder.remove_figure(name)?;
        self.folder.remove(&format!("{name}.json"))
    }

    /// Removes the runs of limits that the directory keeps.
    ///
    /// # Errors
    ///
    /// As [`Folder::remove`].
    pub fn clear_limits(&self) -> Result<(), StoreError> {
        self.folder.remove(LIMITS)
    }

    /// Writes the summary.
    ///
    /// # Errors
    ///
    /// As [`Folder::write_json`].
    pub fn write_summary(&self, summary: &impl Serialize) -> Result<(), StoreError> {
        self.write_json(SUMMARY, summary)
    }

    /// Writes any JSON file of the directory.
    ///
    /// # Errors
    ///
    /// As [`Folder::write_json`].
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), StoreError> {
        self.folder.write_json(name, value)
    }
}

/// The runs of limits that a directory keeps, of whatever experiment; none where it keeps none.
///
/// # Errors
///
/// [`StoreError::File`] or [`StoreError::Content`] if they cannot be read.
pub fn kept_limits(dir: &Path) -> Result<Vec<LimitRow>, StoreError> {
    let text = Folder::existing(dir).read(LIMITS)?.unwrap_or_default();
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
    let path = dir.join(LIMITS);
    rows.collect::<Result<_, _>>().map_err(|error| StoreError::content(path, error))
}
