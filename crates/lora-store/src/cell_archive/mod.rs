//! One run with all that it takes to replay it elsewhere, in one `.npz` file.

mod archive;
mod contents;

use std::fs::File;
use std::io::{self, BufReader, Seek, Write};
use std::path::Path;

use zip::ZipArchive;

use crate::output::FileKind;
use archive::CellArchive;
pub use contents::Exported;

/// An archive as a file, by which an earlier one is recognised.
pub const KIND: FileKind =
    FileKind { words: "a run that export-cell wrote", wrote: |path| holds_arrays(path).is_some() };

/// Arrays that are in every archive.
const ARRAYS: [&str; 5] = ["X.npy", "W_in.npy", "A_0.npy", "B_0.npy", "losses.npy"];

/// Writes a run as an archive. Its bytes depend on the run alone.
///
/// # Errors
///
/// Fails where `to` does.
pub fn write(run: &Exported, to: impl Write + Seek) -> io::Result<()> {
    let mut archive = CellArchive::new(to);
    run.write(&mut archive)?;
    archive.finish()
}

fn holds_arrays(path: &Path) -> Option<()> {
    let archive = ZipArchive::new(BufReader::new(File::open(path).ok()?)).ok()?;
    ARRAYS.iter().all(|array| archive.index_for_name(array).is_some()).then_some(())
}
