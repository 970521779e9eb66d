//! What is wrong, of the errors that have more than one form.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;

use crate::stored::LOCK;

/// Why a file is not written.
#[derive(Debug)]
pub enum OutputFault {
    /// The directory that it should be in does not exist.
    NoDirectory(PathBuf),
    /// The system says so.
    System(io::Error),
    /// The system does not let it be written.
    Unwritable(io::Error),
    /// It exists and is not of the kind that is written; the kind, with an article.
    OtherContent(&'static str),
    /// It is a link to nothing.
    DanglingLink,
    /// The path has no file name.
    NoName,
    /// It is a directory.
    Directory(&'static str),
    /// It is a device, a pipe or the like.
    Special(&'static str),
    /// Its directory holds results, of a "run" for example, and its name could be one of theirs.
    NameOfResult(&'static str),
}

impl Display for OutputFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDirectory(dir) => write!(f, "there is no directory {}", dir.display()),
            Self::System(error) => write!(f, "{error}"),
            Self::Unwritable(error) => write!(f, "cannot be written: {error}"),
            Self::OtherContent(kind) => write!(f, "is there and is not {kind}"),
            Self::DanglingLink => f.write_str("is a link that leads to nothing"),
            Self::NoName => f.write_str("names no file"),
            Self::Directory(what) => write!(f, "is {what}, but must be a file"),
            Self::Special(what) => write!(f, "is {what}, but must be a regular file"),
            Self::NameOfResult(by) => write!(
                f,
                "has the name of a file of the {by} in its directory, and is not replaced"
            ),
        }
    }
}

/// Why results cannot be written to a directory.
#[derive(Debug)]
pub enum DirectoryFault {
    /// The system does not let it be written to.
    Unwritable(io::Error),
    /// The system says so.
    System(io::Error),
    /// It is a file.
    IsFile,
    /// It holds files that were not written by what is to write to it.
    OtherFiles {
        /// Files by which results are recognised.
        files: Vec<&'static str>,
        /// What writes them: "run".
        by: &'static str,
    },
}

impl Display for DirectoryFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unwritable(error) => {
                write!(f, "cannot be written to, but must be a directory that can: {error}")
            }
            Self::System(error) => write!(f, "{error}"),
            Self::IsFile => f.write_str("is a file, but must be a directory"),
            Self::OtherFiles { files, by } => write!(
                f,
                "holds other files and not the {} of a {by}, but must be a new directory, an empty \
                 one, or one of an earlier {by}",
                files.join(" and ")
            ),
        }
    }
}

/// What is in the place of a directory of results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundInstead {
    /// Nothing.
    Nothing,
    /// A file.
    File,
    /// A directory without this file.
    Without(&'static str),
    /// A directory without runs.
    NoRuns,
}

impl Display for FoundInstead {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("there is no such directory"),
            Self::File => f.write_str("is a file"),
            Self::Without(file) => write!(f, "has no {file}"),
            Self::NoRuns => f.write_str("has no runs that are kept"),
        }
    }
}

/// In what a file differs from what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// Nothing of its name was written.
    NotWritten,
    /// Its length.
    Length {
        /// Bytes that it has.
        found: u64,
        /// Bytes that were written.
        written: u64,
    },
    /// Its content; the first digits of both digests.
    Content {
        /// That of the file.
        found: String,
        /// That of what was written.
        written: String,
    },
}

impl Display for FileChange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWritten => f.write_str("is none of the files that were written here"),
            Self::Length { found, written } => write!(
                f,
                "was changed after it was written: it has {found} bytes, but {written} were written"
            ),
            Self::Content { found, written } => write!(
                f,
                "was changed after it was written: its SHA-256 begins with {found}, but that of \
                 what was written with {written}"
            ),
        }
    }
}

/// How a file that was changed is put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// This process is writing; it will write the file, too.
    Wait(String),
    /// The database of the directory makes it again.
    FromDatabase(PathBuf),
    /// Only a copy of it, or another run.
    RunAgain,
    /// A copy of it, or another run in the same directory, whose database has every run.
    RunAgainHere,
    /// The figures of the directory can be drawn again.
    DrawAgain(PathBuf),
    /// A copy of it, or the same verification again, whose database has every run.
    VerifyAgain,
}

/// What became of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is there now.
    Moved(PathBuf),
    /// It was deleted.
    Deleted,
    /// One of the two.
    Unknown,
}

impl Display for Fate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let end = "while this command worked in it, which stops here";
        match self {
            Self::Moved(to) => write!(f, "was moved to {} {end}", to.display()),
            Self::Deleted => write!(f, "was deleted {end}"),
            Self::Unknown => write!(f, "was deleted or moved {end}"),
        }
    }
}

/// How SQLite fails.
#[derive(Debug)]
pub enum DatabaseFault {
    /// The disk is full.
    DiskFull,
    /// The system does not let it be read or written.
    System(rusqlite::Error),
    /// Another program holds its lock.
    Busy,
    /// Another process has stored the same run.
    SameRun,
    /// In another way.
    Other(rusqlite::Error),
}

impl Display for DatabaseFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::DiskFull => f.write_str("cannot be written: the disk is full"),
            Self::System(error) => write!(f, "cannot be read or written: {error}"),
            Self::Busy => f.write_str(
                "another program has it open and does not let go, such as one that shows databases",
            ),
            Self::SameRun => write!(
                f,
                "another process has put in the same run meanwhile, as it can where {LOCK} was deleted"
            ),
            Self::Other(error) => write!(f, "{error}"),
        }
    }
}
