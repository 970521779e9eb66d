//! Finished cells as versions before the database kept them.

use std::fs;
use std::path::Path;

use crate::error::StoreError;
use crate::stored::FILE;

/// The folder that they were in.
const FOLDER: &str = "cells";
/// How each of its files began.
const MARK: &[u8] = b"# rows: ";

/// Refuses a directory whose runs an older version kept as files of their own, unless it has a database
/// by now.
///
/// # Errors
///
/// [`StoreError::OldCells`] for such a directory.
pub fn refuse_old_cells(dir: &Path) -> Result<(), StoreError> {
    if dir.join(FILE).exists() {
        return Ok(());
    }
    let Ok(entries) = fs::read_dir(dir.join(FOLDER)) else { return Ok(()) };
    let is_cell = |path: &Path| fs::read(path).is_ok_and(|bytes| bytes.starts_with(MARK));
    match entries.flatten().any(|entry| is_cell(&entry.path())) {
        true => Err(StoreError::OldCells { dir: dir.to_owned(), folder: FOLDER }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_begin_as_cells_did_are_refused_and_only_without_a_database() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let (cells, refused) = (dir.path().join(FOLDER), || refuse_old_cells(dir.path()).is_err());
        assert!(!refused(), "nothing is there");
        fs::create_dir(&cells).expect("a directory");
        fs::write(cells.join("mine.csv"), "rows\n").expect("a file");
        assert!(!refused(), "it may be the user's own");
        fs::write(cells.join("0f.csv"), "# rows: 1\ninit,width\n").expect("a file");
        assert!(refused());
        fs::write(dir.path().join(FILE), "").expect("a file");
        assert!(!refused(), "its runs are in the database");
    }
}
