//! Files that are there in full or not at all.
//!
//! A file is written under a hidden name in the directory where it belongs, brought to the disk, and
//! renamed. Whatever ends the process, the final name stands for the old file or for the new one. Only a
//! process that is killed leaves a hidden file; [`clear`] removes such files.

#![warn(clippy::missing_errors_doc)]

mod leftovers;

use std::fs::{self, File, Metadata};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use leftovers::ENDING;
pub use leftovers::{clear, clear_of};

/// How often a hidden file is made anew that another process has cleared away before it was locked.
const TRIES: usize = 5;

/// Writes a file. Nothing is left of one that failed, and a file that was there before stays as it was.
///
/// # Errors
/// What `fill` returns, what the disk says, and all that [`Part::new`] refuses.
pub fn write(path: &Path, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let part = Part::new(path)?;
    fill(&mut part.file()?)?;
    part.keep()
}

/// Whether a file could be written there; leaves nothing behind.
///
/// # Errors
/// If not, as [`Part::new`].
pub fn check(path: &Path) -> Result<()> {
    Part::new(path).map(drop)
}

/// A file that is being written, under a hidden name until it is kept. One that is dropped is gone.
#[derive(Debug)]
pub struct Part {
    file: NamedTempFile,
    path: PathBuf,
}

impl Part {
    /// Of a file that does not have to be there, and stays as it is until then.
    ///
    /// # Errors
    /// If something else than a regular file has the name, or the directory takes no file.
    pub fn new(path: &Path) -> Result<Self> {
        refuse_special(path)?;
        let name = path.file_name().ok_or_else(|| Error::from(ErrorKind::InvalidFilename))?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let hidden = hidden(&name.to_string_lossy(), dir.unwrap_or(Path::new(".")))?;
        Ok(Self { file: hidden, path: path.to_owned() })
    }

    /// Where to write.
    ///
    /// # Errors
    /// If the system has no more files to give.
    pub fn file(&self) -> Result<File> {
        self.file.as_file().try_clone()
    }

    /// What it will be called.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, once it is on the disk: some disks tell only then that they are full.
    ///
    /// # Errors
    /// What the disk says; the file is then gone.
    pub fn keep(self) -> Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

/// A hidden file of this process's own. It is locked as long as it is written, by which [`clear`] knows
/// that it is in use.
fn hidden(name: &str, dir: &Path) -> Result<NamedTempFile> {
    let prefix = format!(".{name}.");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(ENDING).rand_bytes(leftovers::RANDOM);
    for _ in 0..TRIES {
        let file = make(&builder, dir)?;
        // A disk that locks nothing has nothing cleared away, either.
        let _ = file.as_file().lock();
        if file.path().exists() {
            return Ok(file);
        }
    }
    Err(Error::other("other processes remove files from this directory"))
}

/// A new file with the permissions that any other would have, where the library's own are for its user
/// alone.
fn make(builder: &Builder, dir: &Path) -> Result<NamedTempFile> {
    builder.make_in(dir, |path| File::options().read(true).write(true).create_new(true).open(path))
}

/// Refuses to put a file in the place of a device, a pipe or a directory. A link is replaced, not what it
/// leads to.
fn refuse_special(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() && !there.is_symlink() => {
            Err(Error::other(format!("is {}, and is not replaced", kind(&there))))
        }
        _ => Ok(()),
    }
}

/// What a name stands for, in words, with its article.
pub fn kind(of: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = of.file_type();
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    match of {
        of if of.is_dir() => "a directory",
        of if of.is_file() => "a regular file",
        of if of.is_symlink() => "a link",
        _ => "no regular file",
    }
}

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("a directory").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_fails_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.txt");
        write(&path, |file| file.write_all(b"old")).expect("it is written");
        let failed = write(&path, |file| {
            file.write_all(b"half of the new")?;
            Err(Error::other("no more"))
        });
        assert_eq!(failed.expect_err("it fails").to_string(), "no more");
        check(&path).expect("it could be written");
        assert_eq!(fs::read(&path).expect("it is there"), b"old");
        assert_eq!(names(dir.path()), ["a.txt"]);
    }

    #[test]
    fn two_that_write_one_file_at_once_do_not_mix() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.txt");
        let [first, second] = ["first", "second"].map(|text| {
            let part = Part::new(&path).expect("it begins");
            part.file().and_then(|mut file| file.write_all(text.as_bytes())).expect("written");
            part
        });
        clear(dir.path());
        second.keep().expect("it is kept");
        assert_eq!(fs::read(&path).expect("it is there"), b"second");
        first.keep().expect("it is kept");
        assert_eq!(fs::read(&path).expect("it is there"), b"first");
        assert_eq!(names(dir.path()), ["a.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_can_be_read_by_whom_the_umask_lets() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let [ours, plain] = ["ours", "plain"].map(|name| dir.path().join(name));
        write(&ours, |_| Ok(())).expect("it is written");
        File::create(&plain).expect("it is written");
        let [ours, plain] =
            [ours, plain].map(|path| fs::metadata(path).expect("a file").permissions().mode());
        assert_eq!(ours, plain);
    }

    #[test]
    fn a_directory_is_not_replaced() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("taken");
        fs::create_dir(&path).expect("a directory");
        let refused = write(&path, |_| Ok(())).expect_err("it is taken").to_string();
        assert_eq!(refused, "is a directory, and is not replaced");
        assert_eq!(names(dir.path()), ["taken"]);
    }
}
