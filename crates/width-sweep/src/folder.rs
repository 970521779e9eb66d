//! A directory that the command writes results into.
//!
//! Each file is written under another name and renamed, so that a reader never sees half of one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::atomic;
use crate::error::CommandError;

/// Files by which a directory is known as one that this command wrote.
pub struct Known {
    /// All of these must be there; one alone may be a file of the user's.
    pub files: &'static [&'static str],
    /// What left them: "run".
    pub by: &'static str,
}

/// A directory of results.
#[derive(Clone, Debug)]
pub struct Folder {
    dir: PathBuf,
}

impl Folder {
    /// A directory that is there.
    pub fn existing(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// A directory to write into: new, empty, or one known. It is made, and written to, at once: a
    /// sweep must not end in a directory that takes no results.
    pub fn for_writing(dir: &Path, known: &Known) -> Result<Self, CommandError> {
        let usage =
            |reason: String| CommandError::Usage(format!("--out {}: {reason}", dir.display()));
        if dir.exists() && !dir.is_dir() {
            return Err(usage("is a file, but must be a directory".into()));
        }
        if dir.is_dir() {
            let mut entries = fs::read_dir(dir).map_err(|error| usage(error.to_string()))?;
            let ours = known.files.iter().all(|file| dir.join(file).is_file());
            if entries.next().is_some() && !ours {
                let (files, by) = (known.files.join(" and "), known.by);
                return Err(usage(format!(
                    "holds other files and not the {files} of a {by}, but must be a new directory, \
                     an empty one, or one of an earlier {by}"
                )));
            }
        }
        let folder = Self::existing(dir);
        folder.try_writing().map_err(|error| {
            usage(format!("cannot be written to, but must be a directory that can: {error}"))
        })?;
        Ok(folder)
    }

    fn try_writing(&self) -> std::io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let trial = self.dir.join(".trial.part");
        fs::File::create(&trial)?;
        fs::remove_file(trial)
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a JSON file.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), CommandError> {
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|error| CommandError::file(&self.dir.join(name), error))?;
        text.push('\n');
        self.write(name, text.as_bytes())
    }

    /// Writes a CSV file.
    pub fn write_csv<T: Serialize>(&self, name: &str, rows: &[T]) -> Result<(), CommandError> {
        let failed = |error: String| CommandError::file(&self.dir.join(name), error);
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            writer.serialize(row).map_err(|error| failed(error.to_string()))?;
        }
        let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
        self.write(name, &bytes)
    }

    /// Writes any file.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), CommandError> {
        let path = self.dir.join(name);
        atomic::write(&path, |file| file.write_all(bytes))
            .map_err(|error| CommandError::file(&path, error))
    }
}
