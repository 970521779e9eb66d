//! The files of a run's directory.
//!
//! `experiment.toml` (every key, with defaults), `runs.csv`, `trajectories.csv`, `summary.json`,
//! and for each figure its PNG, SVG, CSV and manifest. Each file is written under another name and
//! renamed, so that a reader never sees half of one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::atomic;
use crate::error::CommandError;
use crate::experiment::{Experiment, load_resolved};
use crate::manifest::Manifest;
use crate::rows::{RunRow, StepRow};
use crate::summary::Summary;
use crate::sweep::Results;

const EXPERIMENT: &str = "experiment.toml";
const RUNS: &str = "runs.csv";
const STEPS: &str = "trajectories.csv";
const SUMMARY: &str = "summary.json";
const MANIFEST: &str = "manifest.json";

/// A directory of results.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
}

impl Store {
    /// A directory to write into: new, empty, or one that an earlier run wrote. It is made, and
    /// written to, at once: a sweep must not end in a directory that takes no results.
    pub fn for_writing(dir: &Path) -> Result<Self, CommandError> {
        let usage =
            |reason: String| CommandError::Usage(format!("--out {}: {reason}", dir.display()));
        if dir.exists() && !dir.is_dir() {
            return Err(usage("is a file, but must be a directory".into()));
        }
        if dir.is_dir() {
            let mut entries = fs::read_dir(dir).map_err(|error| usage(error.to_string()))?;
            // Both: an experiment.toml alone may be a file of the user's.
            let ours = dir.join(EXPERIMENT).is_file() && dir.join(MANIFEST).is_file();
            if entries.next().is_some() && !ours {
                return Err(usage(format!(
                    "holds other files and not the {EXPERIMENT} and {MANIFEST} of a run, but must \
                     be a new directory, an empty one, or one of an earlier run"
                )));
            }
        }
        let store = Self { dir: dir.to_owned() };
        store.try_writing().map_err(|error| {
            usage(format!("cannot be written to, but must be a directory that can: {error}"))
        })?;
        Ok(store)
    }

    fn try_writing(&self) -> std::io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let trial = self.dir.join(".trial.part");
        fs::File::create(&trial)?;
        fs::remove_file(trial)
    }

    /// A directory that a run has written.
    pub fn for_reading(dir: &Path) -> Result<Self, CommandError> {
        let missing =
            [EXPERIMENT, RUNS, STEPS, MANIFEST].into_iter().find(|f| !dir.join(f).is_file());
        let reason = match missing {
            None => return Ok(Self { dir: dir.to_owned() }),
            Some(_) if !dir.exists() => "there is no such directory".to_owned(),
            Some(_) if !dir.is_dir() => "is a file".to_owned(),
            Some(file) => format!("has no {file}"),
        };
        Err(CommandError::Usage(format!(
            "{}: {reason}, but must be the directory of a run, which holds {EXPERIMENT}, {RUNS}, \
             {STEPS} and {MANIFEST}",
            dir.display()
        )))
    }

    /// Where the directory is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes everything that was measured.
    pub fn write_results(
        &self,
        experiment: &Experiment,
        results: &Results,
        manifest: &Manifest,
    ) -> Result<(), CommandError> {
        let text = toml::to_string(experiment)
            .map_err(|error| CommandError::file(&self.dir.join(EXPERIMENT), error))?;
        self.write(EXPERIMENT, text.as_bytes())?;
        self.write(RUNS, &self.csv(RUNS, &results.runs)?)?;
        self.write(STEPS, &self.csv(STEPS, &results.steps)?)?;
        self.write_json(MANIFEST, manifest)
    }

    /// Writes the summary.
    pub fn write_summary(&self, summary: &Summary) -> Result<(), CommandError> {
        self.write_json(SUMMARY, summary)
    }

    /// Writes any JSON file of the directory.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), CommandError> {
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|error| CommandError::file(&self.dir.join(name), error))?;
        text.push('\n');
        self.write(name, text.as_bytes())
    }

    /// The experiment of the run.
    pub fn experiment(&self) -> Result<Experiment, CommandError> {
        load_resolved(&self.dir.join(EXPERIMENT))
    }

    /// How the run was made.
    pub fn manifest(&self) -> Result<Manifest, CommandError> {
        let path = self.dir.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(|error| CommandError::file(&path, error))?;
        serde_json::from_str(&text).map_err(|error| CommandError::file(&path, error))
    }

    /// What the run measured.
    pub fn results(&self) -> Result<Results, CommandError> {
        Ok(Results { runs: self.read::<RunRow>(RUNS)?, steps: self.read::<StepRow>(STEPS)? })
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, CommandError> {
        let path = self.dir.join(name);
        let mut reader =
            csv::Reader::from_path(&path).map_err(|error| CommandError::file(&path, error))?;
        let rows = reader.deserialize().collect::<Result<Vec<T>, _>>();
        rows.map_err(|error| CommandError::file(&path, error))
    }

    fn csv<T: Serialize>(&self, name: &str, rows: &[T]) -> Result<Vec<u8>, CommandError> {
        let failed = |error: String| CommandError::file(&self.dir.join(name), error);
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            writer.serialize(row).map_err(|error| failed(error.to_string()))?;
        }
        writer.into_inner().map_err(|error| failed(error.to_string()))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), CommandError> {
        let path = self.dir.join(name);
        atomic::write(&path, |file| file.write_all(bytes))
            .map_err(|error| CommandError::file(&path, error))
    }
}
