//! What a run's directory says, believed only as far as its manifest bears it out.

use std::fs;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

use crate::digest::{self, sha256};
use crate::error::{Remedy, StoreError};
use crate::limits::LimitRow;
use crate::manifest::Manifest;
use crate::rows::{ModuleRow, RunRow, StepRow};
use crate::run_dir::{EXPERIMENT, LIMITS, MANIFEST, MODULES, RUNS, STEPS, Store};
use crate::stored::{self, holder};
use lora_experiment::experiment::{
    Experiment, analysis_in_words, differences, is_of_analysis, parse_resolved,
};
use lora_types::Width;

/// A run that is read back.
pub struct ReadBack<'s> {
    store: &'s Store,
    /// The experiment as it is now: as it was run, but for what analysis and figures read.
    pub experiment: Experiment,
    /// Its text as it is.
    pub experiment_text: String,
    /// How the run was made, with the experiment as it is now.
    pub manifest: Manifest,
}

impl Store {
    /// The experiment and the manifest, which must fit each other. Tables are checked when they are
    /// asked for.
    ///
    /// # Errors
    ///
    /// [`StoreError::ManifestChanged`], [`StoreError::ExperimentChanged`] or [`StoreError::KeyChanged`] if the
    /// two do not fit; [`StoreError::File`], [`StoreError::Content`] or [`StoreError::Request`] if one cannot
    /// be read.
    pub fn read_back(&self) -> Result<ReadBack<'_>, StoreError> {
        let manifest = self.manifest()?;
        let (path, experiment_text) = self.text(EXPERIMENT)?;
        let experiment = parse_resolved(&path.display().to_string(), &experiment_text)?;
        let mut read =
            ReadBack { store: self, experiment, experiment_text, manifest: manifest.clone() };
        if read.was_changed()? {
            read.manifest = manifest.with_experiment(&read.experiment)?;
        }
        Ok(read)
    }

    /// How the run was made.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`] or [`StoreError::Content`] if it cannot be read.
    pub fn manifest(&self) -> Result<Manifest, StoreError> {
        let (path, text) = self.text(MANIFEST)?;
        serde_json::from_str(&text).map_err(|error| StoreError::content(path, error))
    }

    fn text(&self, name: &str) -> Result<(PathBuf, String), StoreError> {
        let path = self.dir().join(name);
        let text = fs::read_to_string(&path).map_err(|error| StoreError::file(&path, error))?;
        Ok((path, text))
    }
}

impl ReadBack<'_> {
    /// Every run.
    ///
    /// # Errors
    ///
    /// [`StoreError::Changed`] if the table is not as it was written; [`StoreError::File`] or
    /// [`StoreError::Content`] if it cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRow>, StoreError> {
        self.table(RUNS)
    }

    /// Every recorded step.
    ///
    /// # Errors
    ///
    /// As [`ReadBack::runs`].
    pub fn steps(&self) -> Result<Vec<StepRow>, StoreError> {
        self.table(STEPS)
    }

    /// The same; none where there is no such file.
    ///
    /// # Errors
    ///
    /// As [`ReadBack::runs`].
    pub fn steps_if_any(&self) -> Result<Vec<StepRow>, StoreError> {
        if self.at(STEPS).exists() { self.steps() } else { Ok(Vec::new()) }
    }

    /// Every adapted module of every run; none where there is no such file.
    ///
    /// # Errors
    ///
    /// As [`ReadBack::runs`].
    pub fn modules_if_any(&self) -> Result<Vec<ModuleRow>, StoreError> {
        if self.at(MODULES).exists() { self.table(MODULES) } else { Ok(Vec::new()) }
    }

    /// Every run of the limit; none where that is none of the widths.
    ///
    /// # Errors
    ///
    /// As [`ReadBack::runs`].
    pub fn limits_if_any(&self) -> Result<Vec<LimitRow>, StoreError> {
        if self.experiment.model.widths.has_infinite() {
            self.table(LIMITS)
        } else {
            Ok(Vec::new())
        }
    }

    /// Whether the tables can be checked; those of an older version cannot.
    pub fn has_digests(&self) -> bool {
        !self.manifest.digests.is_empty()
    }

    /// What a reader should know of tables that cannot be checked.
    pub fn note(&self) -> Option<String> {
        let manifest = self.at(MANIFEST);
        (!self.has_digests()).then(|| {
            format!(
                "note: {} holds no digests, since an older version wrote it: the tables beside it are \
                 taken as they are",
                manifest.display()
            )
        })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.store.dir().join(name)
    }

    /// Whether the experiment is another than was run. Refused where training would read the change.
    fn was_changed(&self) -> Result<bool, StoreError> {
        let Manifest { experiment_text, experiment_sha256, .. } = &self.manifest;
        if let Some(text) = experiment_text
            && sha256(text.as_bytes()) != *experiment_sha256
        {
            return Err(StoreError::ManifestChanged(self.at(MANIFEST)));
        }
        if sha256(self.experiment_text.as_bytes()) == *experiment_sha256 {
            return Ok(false);
        }
        let Some(text) = experiment_text else {
            return Err(StoreError::ExperimentChanged(self.at(EXPERIMENT)));
        };
        let ran = parse_resolved(&self.at(MANIFEST).display().to_string(), text)?;
        let all = differences(&ran, &self.experiment);
        match all.iter().find(|(key, _)| !is_of_analysis(key)) {
            None => Ok(!all.is_empty()),
            Some((key, values)) => Err(StoreError::KeyChanged {
                path: self.at(EXPERIMENT),
                key: key.clone(),
                values: Box::new(values.clone()),
                free: analysis_in_words(),
            }),
        }
    }

    fn table<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, StoreError> {
        let path = self.at(name);
        let bytes = fs::read(&path).map_err(|error| StoreError::file(&path, error))?;
        // No database has the runs of limits, but another run solves again what is damaged.
        let remedy = if name == LIMITS { Remedy::RunAgainHere } else { self.remedy() };
        digest::check(&self.manifest.digests, (&path, &bytes), remedy)?;
        rows(&bytes).map_err(|error| StoreError::content(path, error))
    }

    /// How a table is put right.
    fn remedy(&self) -> Remedy {
        let dir = self.store.dir();
        match holder(dir) {
            Some(who) => Remedy::Wait(who),
            None if dir.join(stored::FILE).is_file() => Remedy::FromDatabase(dir.to_owned()),
            None => Remedy::RunAgain,
        }
    }
}

/// The rows of a table. Those of an infinite width are left out: they have a table of their own.
fn rows<T: DeserializeOwned>(bytes: &[u8]) -> csv::Result<Vec<T>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let headers = reader.headers()?.clone();
    let width = headers.iter().position(|name| name == "width");
    let infinite = Width::Infinite.key();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        if width.and_then(|at| record.get(at)) != Some(&infinite) {
            rows.push(record.deserialize(Some(&headers))?);
        }
    }
    Ok(rows)
}
