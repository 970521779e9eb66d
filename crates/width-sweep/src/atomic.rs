//! Files that are there in full or not at all.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// Writes a file under another name in the same directory, then renames it. Nothing is left of one
/// that failed, and a file that was there before stays as it was.
pub fn write(path: &Path, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let part = Part::new(path)?;
    fill(&mut part.file()?)?;
    part.keep()
}

/// Whether a file could be written there; leaves nothing behind.
pub fn check(path: &Path) -> Result<()> {
    Part::new(path).map(drop)
}

/// A file that is being written, under another name until it is kept. One that is dropped is gone.
#[derive(Debug)]
pub struct Part {
    file: File,
    part: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl Part {
    /// Of a file that does not have to be there, and stays as it is until then.
    pub fn new(path: &Path) -> Result<Self> {
        let name = path.file_name().ok_or_else(|| Error::from(ErrorKind::InvalidFilename))?;
        let part = path.with_file_name(format!(".{}.part", name.to_string_lossy()));
        let file = File::create(&part)?;
        Ok(Self { file, part, path: path.to_owned(), kept: false })
    }

    /// Where to write.
    pub fn file(&self) -> Result<File> {
        self.file.try_clone()
    }

    /// What it will be called.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, once it is on the disk: some disks tell only then that they are full.
    pub fn keep(mut self) -> Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.part, &self.path)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            // Whatever went wrong before is the error to tell.
            let _ = fs::remove_file(&self.part);
        }
    }
}
