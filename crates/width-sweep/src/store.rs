//! The files of a run's directory.
//!
//! `runs.sqlite` (see [`crate::kept`]), `experiment.toml` (every key, with defaults), `runs.csv`,
//! `trajectories.csv`, `summary.json`, and for each figure its PNG, SVG, CSV and manifest.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::CommandError;
use crate::experiment::{Experiment, load_resolved};
use crate::folder::{Folder, Known};
use crate::kept;
use crate::manifest::Manifest;
use crate::rows::{RunRow, StepRow};
use crate::summary::Summary;
use crate::sweep::Results;

const EXPERIMENT: &str = "experiment.toml";
const RUNS: &str = "runs.csv";
const STEPS: &str = "trajectories.csv";
const SUMMARY: &str = "summary.json";
const MANIFEST: &str = "manifest.json";

/// How a run's directory is known.
const KNOWN: Known = Known { files: &[EXPERIMENT, MANIFEST], alone: Some(kept::FILE), by: "run" };

/// A directory of results.
#[derive(Clone, Debug)]
pub struct Store {
    folder: Folder,
}

impl Store {
    /// A directory to write into: new, empty, or one that an earlier run wrote.
    pub fn for_writing(dir: &Path) -> Result<Self, CommandError> {
        Ok(Self { folder: Folder::for_writing(dir, &KNOWN)? })
    }

    /// Whether a directory is one to write into; writes nothing.
    pub fn check(dir: &Path) -> Result<(), CommandError> {
        Folder::check(dir, &KNOWN)
    }

    /// A directory that a run has written.
    pub fn for_reading(dir: &Path) -> Result<Self, CommandError> {
        Self::with(dir, &[EXPERIMENT, RUNS, STEPS, MANIFEST])
    }

    /// The same, for what can do without trajectories.
    pub fn for_report(dir: &Path) -> Result<Self, CommandError> {
        Self::with(dir, &[EXPERIMENT, RUNS, MANIFEST])
    }

    fn with(dir: &Path, files: &[&str]) -> Result<Self, CommandError> {
        let missing = files.iter().find(|file| !dir.join(file).is_file());
        let reason = match missing {
            None => return Ok(Self { folder: Folder::existing(dir) }),
            Some(_) if !dir.exists() => "there is no such directory".to_owned(),
            Some(_) if !dir.is_dir() => "is a file".to_owned(),
            Some(file) => format!("has no {file}"),
        };
        let (last, others) = files
            .split_last()
            .map_or(("", String::new()), |(last, others)| (*last, others.join(", ")));
        Err(CommandError::Usage(format!(
            "{}: {reason}, but must be the directory of a run, which holds {others} and {last}",
            dir.display()
        )))
    }

    /// Where the directory is.
    pub fn dir(&self) -> &Path {
        self.folder.dir()
    }

    /// Writes everything that was measured; the manifest last, so that half of it is no run's
    /// directory.
    pub fn write_results(
        &self,
        experiment: &Experiment,
        results: &Results,
        manifest: &Manifest,
    ) -> Result<(), CommandError> {
        let text = toml::to_string(experiment)
            .map_err(|error| CommandError::file(&self.dir().join(EXPERIMENT), error))?;
        self.folder.remove(MANIFEST)?;
        self.folder.write(EXPERIMENT, text.as_bytes())?;
        self.folder.write_csv(RUNS, &results.runs)?;
        self.folder.write_csv(STEPS, &results.steps)?;
        self.write_json(MANIFEST, manifest)
    }

    /// Writes the summary.
    pub fn write_summary(&self, summary: &Summary) -> Result<(), CommandError> {
        self.write_json(SUMMARY, summary)
    }

    /// Writes any JSON file of the directory.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), CommandError> {
        self.folder.write_json(name, value)
    }

    /// The experiment of the run.
    pub fn experiment(&self) -> Result<Experiment, CommandError> {
        load_resolved(&self.dir().join(EXPERIMENT))
    }

    /// How the run was made.
    pub fn manifest(&self) -> Result<Manifest, CommandError> {
        let path = self.dir().join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(|error| CommandError::file(&path, error))?;
        serde_json::from_str(&text).map_err(|error| CommandError::file(&path, error))
    }

    /// What the run measured.
    pub fn results(&self) -> Result<Results, CommandError> {
        Ok(Results { runs: self.read::<RunRow>(RUNS)?, steps: self.read::<StepRow>(STEPS)? })
    }

    /// Every run.
    pub fn runs(&self) -> Result<Vec<RunRow>, CommandError> {
        self.read(RUNS)
    }

    /// Every recorded step; none where there is no such file.
    pub fn steps_if_any(&self) -> Result<Vec<StepRow>, CommandError> {
        if self.dir().join(STEPS).exists() { self.read(STEPS) } else { Ok(Vec::new()) }
    }

    /// The experiment file as it is.
    pub fn experiment_text(&self) -> Result<String, CommandError> {
        let path = self.dir().join(EXPERIMENT);
        fs::read_to_string(&path).map_err(|error| CommandError::file(&path, error))
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, CommandError> {
        let path = self.dir().join(name);
        let mut reader =
            csv::Reader::from_path(&path).map_err(|error| CommandError::file(&path, error))?;
        let rows = reader.deserialize().collect::<Result<Vec<T>, _>>();
        rows.map_err(|error| CommandError::file(&path, error))
    }
}
