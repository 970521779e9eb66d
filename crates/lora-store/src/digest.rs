//! Digests of what is written, by which what is read back is known to be the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lora_types::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{FileChange, Remedy, StoreError};

/// Hex digits of a digest that a message shows.
const SHOWN: usize = 12;

/// Size and digest of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Bytes.
    pub bytes: u64,
    /// SHA-256, in hex.
    pub sha256: String,
}

/// Digests of the files of a directory, by name.
pub type Digests = BTreeMap<String, Digest>;

impl Digest {
    /// Of what a file holds.
    pub fn of(contents: &[u8]) -> Self {
        Self { bytes: contents.len() as u64, sha256: sha256(contents) }
    }

    /// How other contents differ from these; none if they are the same. Their length comes first, since
    /// that tells of a file that was cut.
    fn difference(&self, contents: &[u8]) -> Option<FileChange> {
        let found = Self::of(contents);
        if found == *self {
            return None;
        }
        if found.bytes != self.bytes {
            return Some(FileChange::Length { found: found.bytes, written: self.bytes });
        }
        let shown = |hex: &str| hex.get(..SHOWN).unwrap_or(hex).to_owned();
        Some(FileChange::Content { found: shown(&found.sha256), written: shown(&self.sha256) })
    }
}

/// SHA-256 in hex.
pub fn sha256(contents: &[u8]) -> String {
    hex(&Sha256::digest(contents))
}

/// Digests of files that have just been written.
///
/// # Errors
///
/// [`StoreError::File`] where one cannot be read.
pub fn of_files(dir: &Path, names: &[impl AsRef<str>]) -> Result<Digests, StoreError> {
    let digest = |name: &str| {
        let path = dir.join(name);
        let contents = fs::read(&path).map_err(|error| StoreError::file(&path, error))?;
        Ok((name.to_owned(), Digest::of(&contents)))
    };
    names.iter().map(|name| digest(name.as_ref())).collect()
}

/// Refuses a file of a directory whose contents are not those that were written. Where nothing has a
/// digest everything passes, since an older version wrote it. `remedy` says what puts the file right.
///
/// # Errors
///
/// [`StoreError::Changed`].
pub fn check(
    digests: &Digests,
    (path, contents): (&Path, &[u8]),
    remedy: Remedy,
) -> Result<(), StoreError> {
    if digests.is_empty() {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let change = match digests.get(name.as_ref()) {
        None => Some(FileChange::NotWritten),
        Some(digest) => digest.difference(contents),
    };
    match change {
        None => Ok(()),
        Some(change) => Err(StoreError::Changed { path: path.to_owned(), change, remedy }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_file_and_a_changed_digit_are_told_apart() {
        let digest = Digest::of(b"score\n0.25\n");
        assert_eq!(digest.difference(b"score\n0.25\n"), None);
        let cut = digest.difference(b"score\n").expect("it differs");
        assert_eq!(cut, FileChange::Length { found: 6, written: 11 });
        let changed = digest.difference(b"score\n0.15\n").expect("it differs");
        assert!(matches!(changed, FileChange::Content { .. }), "{changed}");
    }

    #[test]
    fn what_was_not_written_is_refused_unless_nothing_is_known() {
        let digests = Digests::from([("a.csv".to_owned(), Digest::of(b"a"))]);
        let checked = |digests: &Digests, name, contents: &[u8]| {
            let checked =
                check(digests, (&Path::new("dir").join(name), contents), Remedy::RunAgain);
            checked.map_err(|error| error.to_string())
        };
        assert_eq!(checked(&digests, "a.csv", b"a"), Ok(()));
        assert_eq!(checked(&Digests::new(), "b.csv", b"anything"), Ok(()));
        let refused = |reason: &str| Err(format!("dir/{reason}"));
        let cut = "a.csv: was changed after it was written: it has 0 bytes, but 1 were written";
        assert_eq!(checked(&digests, "a.csv", b""), refused(cut));
        let strange = "b.csv: is none of the files that were written here";
        assert_eq!(checked(&digests, "b.csv", b"b"), refused(strange));
    }
}
