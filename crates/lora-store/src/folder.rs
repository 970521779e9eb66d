//! A directory that the command writes results into.
//!
//! Each file is written under another name and renamed, so that a reader never sees half of one.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Error, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{DirectoryFault, StoreError};

/// Longest beginning of a file that is looked through for its mark, in bytes.
const LOOKED_AT: u64 = 1 << 22;

/// Files by which a directory is known as one that this command wrote.
pub struct Known {
    /// All of these together, each with what stands in ours: one alone, or one that says something else,
    /// may be a file of the user's.
    pub files: &'static [(&'static str, &'static str)],
    /// One that tells by itself.
    pub alone: Option<&'static str>,
    /// What left them: "run".
    pub by: &'static str,
}

impl Known {
    /// Whether a directory holds what this command writes.
    pub fn wrote(&self, dir: &Path) -> bool {
        self.alone.is_some_and(|file| dir.join(file).is_file())
            || self.files.iter().all(|(file, mark)| holds(&dir.join(file), mark))
    }
}

/// Whether a text stands in a file.
pub fn holds(path: &Path, mark: &str) -> bool {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut bytes));
    read.is_ok() && bytes.windows(mark.len()).any(|window| window == mark.as_bytes())
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
    ///
    /// # Errors
    ///
    /// [`StoreError::OutputDirectory`] if it is a file, cannot be written to, or holds files that nobody
    /// knows.
    pub fn for_writing(dir: &Path, known: &Known) -> Result<Self, StoreError> {
        refuse_others(dir, known)?;
        let made = fs::create_dir_all(dir).and_then(|()| try_writing(dir));
        made.map_err(|error| unwritable(dir, error))?;
        atomic_files::clear(dir);
        Ok(Self::existing(dir))
    }

    /// Whether [`Folder::for_writing`] would take a directory. Nothing is left behind: what is not
    /// there is tried in the directory that it would be made in.
    ///
    /// # Errors
    ///
    /// [`StoreError::OutputDirectory`] if it would not.
    pub fn check(dir: &Path, known: &Known) -> Result<(), StoreError> {
        refuse_others(dir, known)?;
        nearest(dir).and_then(|near| try_writing(&near)).map_err(|error| unwritable(dir, error))
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a JSON file.
    ///
    /// # Errors
    ///
    /// [`StoreError::Content`] if the value is not JSON, otherwise as [`Folder::write`].
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), StoreError> {
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|error| StoreError::content(self.dir.join(name), error))?;
        text.push('\n');
        self.write(name, text.as_bytes())
    }

    /// Writes a CSV file.
    ///
    /// # Errors
    ///
    /// [`StoreError::Content`] if a row is no record of CSV, otherwise as [`Folder::write`].
    pub fn write_csv<T: Serialize>(&self, name: &str, rows: &[T]) -> Result<(), StoreError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            writer
                .serialize(row)
                .map_err(|error| StoreError::content(self.dir.join(name), error))?;
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| StoreError::content(self.dir.join(name), error.to_string()))?;
        self.write(name, &bytes)
    }

    /// The text of a file; none if it is not there.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`] if it is there and cannot be read as text.
    pub fn read(&self, name: &str) -> Result<Option<String>, StoreError> {
        let path = self.dir.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::file(&path, error)),
        }
    }

    /// Removes a figure, if it is there: its pictures and the table of what they show.
    ///
    /// # Errors
    ///
    /// As [`Folder::remove`].
    pub fn remove_figure(&self, name: &str) -> Result<(), StoreError> {
        let files = ["png", "svg", "csv"].map(|ending| format!("{name}.{ending}"));
        files.iter().try_for_each(|file| self.remove(file))
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`] if it is there and stays.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.dir.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(StoreError::file(&path, error))
            }
            _ => Ok(()),
        }
    }

    /// Writes any file.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`] if it cannot be written, and [`StoreError::DirectoryGone`] if that is because the
    /// directory has gone.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.dir.join(name);
        atomic_files::write(&path, |file| file.write_all(bytes))
            .map_err(|error| unwritten(&path, error))
    }
}

/// Why a file could not be written. Where its directory has gone, that is what matters.
fn unwritten(path: &Path, error: Error) -> StoreError {
    match path.parent() {
        Some(dir) if error.kind() == ErrorKind::NotFound && !dir.exists() => {
            StoreError::DirectoryGone(dir.to_owned())
        }
        _ => StoreError::file(path, error),
    }
}

fn refused(dir: &Path, fault: DirectoryFault) -> StoreError {
    StoreError::OutputDirectory { path: dir.to_owned(), fault }
}

fn unwritable(dir: &Path, error: Error) -> StoreError {
    refused(dir, DirectoryFault::Unwritable(error))
}

/// Refuses a file, and a directory with files that this command did not write.
fn refuse_others(dir: &Path, known: &Known) -> Result<(), StoreError> {
    if dir.exists() && !dir.is_dir() {
        return Err(refused(dir, DirectoryFault::IsFile));
    }
    if !dir.is_dir() {
        return Ok(());
    }
    let entries = fs::read_dir(dir).map_err(|error| refused(dir, DirectoryFault::System(error)))?;
    // What is hidden does not count, nor a journal: a process that was killed leaves such files.
    let left = |name: &OsStr| {
        let name = name.to_string_lossy();
        name.starts_with('.') || known.alone.is_some_and(|file| name == format!("{file}-journal"))
    };
    let mut seen = entries.flatten().filter(|entry| !left(&entry.file_name()));
    if seen.next().is_none() || known.wrote(dir) {
        return Ok(());
    }
    let files = known.files.iter().map(|(file, _)| *file).collect();
    Err(refused(dir, DirectoryFault::OtherFiles { files, by: known.by }))
}

/// The directory itself, or the first above it that is there.
fn nearest(dir: &Path) -> std::io::Result<PathBuf> {
    for near in dir.ancestors().filter(|near| !near.as_os_str().is_empty()) {
        match fs::metadata(near) {
            Ok(_) => return Ok(near.to_owned()),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Err(_) => {}
        }
    }
    Ok(PathBuf::from("."))
}

fn try_writing(dir: &Path) -> std::io::Result<()> {
    atomic_files::check(&dir.join("trial"))
}
