//! A file under a name that somebody chose: what may be replaced by it, and `-` for standard output.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::{OutputFault, StoreError};
use crate::folder::Known;

/// Standard output, as a file's name.
const STANDARD: &str = "-";

/// Endings of the files that hold results in the directories of this program.
const OWN: [&str; 12] = [
    ".csv",
    ".json",
    ".lock",
    ".md",
    ".parquet",
    ".part",
    ".png",
    ".sbatch",
    ".sqlite",
    ".sqlite-journal",
    ".svg",
    ".toml",
];

/// What is written into a file, and how an earlier one is recognised.
#[derive(Clone, Copy, Debug)]
pub struct FileKind {
    /// In words, with an article: "a page that report wrote".
    pub words: &'static str,
    /// Whether a file is one of this kind, and may therefore be replaced.
    pub wrote: fn(&Path) -> bool,
}

/// Where a file goes, once nothing has been found that it would destroy.
#[derive(Debug)]
pub struct Output {
    /// None for standard output.
    path: Option<PathBuf>,
    /// The name that was given.
    named: PathBuf,
}

impl Output {
    /// Refuses a place where something would be lost, or where nothing can be written. It writes
    /// nothing, so it can be asked before anything is computed. In the directories of `protected` no
    /// file of theirs is replaced, present or not.
    ///
    /// # Errors
    ///
    /// [`StoreError::OutputFile`] with the reason.
    pub fn to(named: &Path, kind: &FileKind, protected: &[&Known]) -> Result<Self, StoreError> {
        let named = named.to_owned();
        if named == Path::new(STANDARD) {
            return Ok(Self { path: None, named });
        }
        match place(&named, kind, protected) {
            Ok(path) => Ok(Self { path: Some(path), named }),
            Err(fault) => Err(StoreError::OutputFile { path: named, fault }),
        }
    }

    /// Writes the file, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::File`] or [`StoreError::StandardOutput`] where it cannot be written.
    pub fn write(&self, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), StoreError> {
        match &self.path {
            Some(path) => atomic_files::write(path, fill)
                .map_err(|error| StoreError::file(&self.named, error)),
            None => to_standard(fill).map_err(StoreError::StandardOutput),
        }
    }

    /// Whether the file is standard output.
    pub fn is_standard(&self) -> bool {
        self.path.is_none()
    }
}

/// The file itself, or why it is not to be written. Links are followed: what they lead to is replaced.
fn place(named: &Path, kind: &FileKind, protected: &[&Known]) -> Result<PathBuf, OutputFault> {
    let parent = named.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
        return Err(OutputFault::NoDirectory(parent.to_owned()));
    }
    let path = match fs::metadata(named) {
        Ok(there) => {
            let path = fs::canonicalize(named).map_err(OutputFault::System)?;
            refuse_special(&there)?;
            refuse_own(&path, protected)?;
            if there.len() > 0 && !(kind.wrote)(&path) {
                return Err(OutputFault::OtherContent(kind.words));
            }
            path
        }
        Err(_) if named.is_symlink() => return Err(OutputFault::DanglingLink),
        Err(_) => {
            let dir = fs::canonicalize(parent.unwrap_or(Path::new(".")));
            let dir = dir.map_err(OutputFault::System)?;
            let name = named.file_name().ok_or(OutputFault::NoName)?;
            refuse_own(&dir.join(name), protected)?;
            named.to_owned()
        }
    };
    atomic_files::clear_of(&path);
    atomic_files::check(&path).map_err(OutputFault::Unwritable)?;
    Ok(path)
}

/// A device or a pipe would be written to for good, or replaced by a file.
fn refuse_special(there: &Metadata) -> Result<(), OutputFault> {
    let what = atomic_files::kind(there);
    match there {
        there if there.is_file() => Ok(()),
        there if there.is_dir() => Err(OutputFault::Directory(what)),
        _ => Err(OutputFault::Special(what)),
    }
}

/// Refuses the name of a file of a directory that is recognised: it would be taken for one of its files.
fn refuse_own(path: &Path, protected: &[&Known]) -> Result<(), OutputFault> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let of = path.parent().and_then(|dir| protected.iter().find(|known| known.wrote(dir)));
    match of {
        Some(known) if OWN.iter().any(|end| name.ends_with(end)) => {
            Err(OutputFault::NameOfResult(known.by))
        }
        _ => Ok(()),
    }
}

/// Through a temporary file, since writers seek in what they write. A reader that has gone, such as
/// `head`, is no failure.
fn to_standard(fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut file = tempfile::tempfile()?;
    fill(&mut file)?;
    file.rewind()?;
    let mut out = io::stdout().lock();
    match io::copy(&mut file, &mut out).and_then(|_| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        copied => copied,
    }
}
