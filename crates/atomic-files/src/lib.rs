//! Files that are there in full or not at all.
//!
//! A file is written under a hidden name in its own directory, flushed to the disk, and then renamed.
//! However the process ends, the final name stands for the old file or for the new one. Only a process
//! that is killed leaves a hidden file; [`clear`] removes such files.

#![warn(clippy::missing_errors_doc)]

mod leftovers;

use std::fs::{self, File, Metadata};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use leftovers::ENDING;
pub use leftovers::{clear, clear_of};

/// How often a hidden file is created again if another process removes it before it is locked.
const TRIES: usize = 5;

/// Writes a file with `fill`. If that fails, nothing is left, and an earlier file stays as it was.
///
/// # Errors
/// The error of `fill`, of [`Part::new`] or of [`Part::keep`].
pub fn write(path: &Path, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let part = Part::new(path)?;
    fill(&mut part.file()?)?;
    part.keep()
}

/// Checks that a file can be written at `path`, and leaves nothing behind.
///
/// # Errors
/// As [`Part::new`].
pub fn check(path: &Path) -> Result<()> {
    Part::new(path).map(drop)
}

/// A file that is being written. It has a hidden name until it is kept, and is removed if it is dropped.
#[derive(Debug)]
pub struct Part {
    file: NamedTempFile,
    path: PathBuf,
}

impl Part {
    /// Begins a file that is to have the name `path`. A file of that name stays as it is until
    /// [`keep`](Self::keep).
    ///
    /// # Errors
    /// If the name belongs to something other than a regular file, or no file can be created in the
    /// directory.
    pub fn new(path: &Path) -> Result<Self> {
        refuse_special(path)?;
        let name = path.file_name().ok_or_else(|| Error::from(ErrorKind::InvalidFilename))?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let hidden = hidden(&name.to_string_lossy(), dir.unwrap_or(Path::new(".")))?;
        Ok(Self { file: hidden, path: path.to_owned() })
    }

    /// The open file, to write to.
    ///
    /// # Errors
    /// If the process cannot open another file handle.
    pub fn file(&self) -> Result<File> {
        self.file.as_file().try_clone()
    }

    /// The final name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Flushes the file to the disk and gives it its final name. Some disks report only at the flush
    /// that they are full.
    ///
    /// # Errors
    /// If the file cannot be flushed or renamed; it is then removed.
    pub fn keep(self) -> Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

/// Creates a hidden file. It is locked while it is written, so that [`clear`] knows that it is in use.
fn hidden(name: &str, dir: &Path) -> Result<NamedTempFile> {
    let prefix = format!(".{name}.");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(ENDING).rand_bytes(leftovers::RANDOM);
    for _ in 0..TRIES {
        let file = make(&builder, dir)?;
        // On a file system without locks, `clear` removes nothing either.
        let _ = file.as_file().lock();
        if file.path().exists() {
            return Ok(file);
        }
    }
    Err(Error::other("other processes remove files from this directory"))
}

/// Creates a file with the usual permissions; tempfile's own give access to the user alone.
fn make(builder: &Builder, dir: &Path) -> Result<NamedTempFile> {
    builder.make_in(dir, |path| File::options().read(true).write(true).create_new(true).open(path))
}

/// Refuses to replace a device, a pipe or a directory. A symbolic link is replaced; its target is not.
fn refuse_special(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() && !there.is_symlink() => {
            Err(Error::other(format!("is {}, and is not replaced", kind(&there))))
        }
        _ => Ok(()),
    }
}

/// The kind of a file in words, with its article.
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
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
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
    fn two_writers_of_one_file_do_not_mix() {
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
    fn a_new_file_has_the_permissions_of_the_umask() {
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
