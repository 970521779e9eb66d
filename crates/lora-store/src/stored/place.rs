//! Where a directory is while a process works in it: it may be moved or deleted under its feet.

use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};

use crate::error::Fate;

/// A directory that was there, by its name and by itself.
#[derive(Debug)]
pub struct Place {
    dir: PathBuf,
    /// None where the system does not open directories.
    itself: Option<File>,
}

impl Place {
    /// A directory that is there.
    pub fn of(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), itself: File::open(dir).ok() }
    }

    /// Its name.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What became of it; none if it is where it was.
    pub fn fate(&self) -> Option<Fate> {
        let there = match &self.itself {
            Some(itself) => is_same(itself, &self.dir),
            None => self.dir.is_dir(),
        };
        if there {
            return None;
        }
        Some(match self.itself.as_ref().and_then(name_now) {
            Some(Some(now)) => Fate::Moved(now),
            Some(None) => Fate::Deleted,
            None => Fate::Unknown,
        })
    }
}

/// Whether an open file is the one of a name.
pub fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(one), Ok(other)) => number(&one) == number(&other),
        _ => false,
    }
}

/// What tells a file from all others on this machine, under whatever name.
#[cfg(unix)]
fn number(of: &Metadata) -> impl PartialEq {
    use std::os::unix::fs::MetadataExt;
    (of.dev(), of.ino())
}

/// Elsewhere any file of the name is taken for it.
#[cfg(not(unix))]
fn number(_: &Metadata) -> impl PartialEq {}

/// The name that an open file has now, none inside if it has none any more; none where the system does
/// not tell.
#[cfg(target_os = "linux")]
fn name_now(file: &File) -> Option<Option<PathBuf>> {
    use std::os::fd::AsRawFd;
    let link = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?;
    // What Linux puts after the name.
    let deleted = link.to_string_lossy().ends_with(" (deleted)");
    Some((!deleted).then_some(link))
}

#[cfg(not(target_os = "linux"))]
fn name_now(_: &File) -> Option<Option<PathBuf>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_followed_to_where_it_went() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let [old, new] = ["old", "new"].map(|name| dir.path().join(name));
        fs::create_dir(&old).expect("a directory");
        let place = Place::of(&old);
        assert_eq!(place.fate(), None);
        fs::rename(&old, &new).expect("it is moved");
        let moved = place.fate().expect("it is elsewhere");
        // Another one of its name is not it.
        fs::create_dir(&old).expect("a directory");
        assert_eq!(place.fate().as_ref(), Some(&moved));
        fs::remove_dir(&new).expect("it is deleted");
        let deleted = place.fate().expect("it is gone");
        if cfg!(target_os = "linux") {
            let real = fs::canonicalize(dir.path()).expect("a directory").join("new");
            assert_eq!((moved, deleted), (Fate::Moved(real), Fate::Deleted));
        }
    }
}
