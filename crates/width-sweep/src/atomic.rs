//! Files that are there in full or not at all.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// Writes a file under another name in the same directory, then renames it. Nothing is left of one
/// that failed, and a file that was there before stays as it was.
pub fn write(path: &Path, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let part = part(path)?;
    let done = File::create(&part)
        .and_then(|mut file| fill(&mut file))
        .and_then(|()| fs::rename(&part, path));
    if done.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    done
}

/// Whether a file could be written there; leaves nothing behind.
pub fn check(path: &Path) -> Result<()> {
    let part = part(path)?;
    File::create(&part)?;
    fs::remove_file(part)
}

fn part(path: &Path) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| Error::from(ErrorKind::InvalidFilename))?;
    Ok(path.with_file_name(format!(".{}.part", name.to_string_lossy())))
}
