//! What can go wrong with stored results.

mod fault;

use std::io;
use std::path::PathBuf;

use lora_experiment::error::ExperimentError;

use crate::stored::{FILE, LOCK};
pub use fault::{
    DatabaseFault, DirectoryFault, Fate, FileChange, FoundInstead, OutputFault, Remedy,
};

/// An error of this crate. What to do about it is for the caller to say.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {source}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What its reader or writer says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something cannot be written as text.
    #[error("{0}")]
    Encode(Box<dyn std::error::Error + Send + Sync>),
    /// Standard output cannot be written to.
    #[error("standard output: {0}")]
    StandardOutput(io::Error),
    /// Nothing may or can be written to a file of this name.
    #[error("{}: {fault}", path.display())]
    OutputFile {
        /// The name that was given.
        path: PathBuf,
        /// Why.
        fault: OutputFault,
    },
    /// Results cannot be written to a directory.
    #[error("{}: {fault}", path.display())]
    OutputDirectory {
        /// The directory.
        path: PathBuf,
        /// Why.
        fault: DirectoryFault,
    },
    /// A directory went away while results were written to it.
    #[error("{}: was deleted or moved while results were written to it", .0.display())]
    DirectoryGone(PathBuf),
    /// A directory is not that of a finished run.
    #[error("{}: {found}, but must be the directory of a run, which holds {}", path.display(), listed(files))]
    NotARun {
        /// The directory.
        path: PathBuf,
        /// What is there instead.
        found: FoundInstead,
        /// Files that such a directory holds.
        files: Vec<&'static str>,
    },
    /// A directory has no database of runs.
    #[error("{}: {found}, but must be the directory of a sweep, which holds {}", path.display(), FILE)]
    NotASweep {
        /// The directory.
        path: PathBuf,
        /// What is there instead.
        found: FoundInstead,
    },
    /// A file is not as it was written.
    #[error("{}: {change}", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// In what it differs.
        change: FileChange,
        /// What puts it right.
        remedy: Remedy,
    },
    /// The experiment in a manifest does not have the digest beside it.
    #[error("{}: its experiment_text does not have the SHA-256 beside it, so one of both was changed", .0.display())]
    ManifestChanged(PathBuf),
    /// The experiment of a run was changed, and what it was is not known.
    #[error("{}: was changed after the run: its SHA-256 is not that in manifest.json, which an older version wrote, without the experiment itself", .0.display())]
    ExperimentChanged(PathBuf),
    /// A key of a finished run was changed that training reads.
    #[error("{}: {key} is {}, but the run was made with {}; of a finished run only {free} may be changed", path.display(), values[1], values[0])]
    KeyChanged {
        /// The experiment file.
        path: PathBuf,
        /// The key.
        key: String,
        /// Its value when the run was made, and now.
        values: Box<[String; 2]>,
        /// The keys that may be changed, in words.
        free: String,
    },
    /// Another process writes to the directory.
    #[error("{}: {who} is running a sweep in it, but one at a time can", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The process, in words.
        who: String,
    },
    /// Another process began to write to the directory, since the lock file was deleted.
    #[error("{}: {who} is running a sweep in it, too, since {LOCK}, by which each knows of the other, was deleted", path.display())]
    LockLost {
        /// The directory.
        path: PathBuf,
        /// The other process, in words.
        who: String,
    },
    /// The directory went away while this process wrote to it.
    #[error("{}: {fate}", path.display())]
    Gone {
        /// Where it was.
        path: PathBuf,
        /// What became of it.
        fate: Fate,
    },
    /// The database went away while this process wrote to it.
    #[error("{}: was deleted or moved while this command wrote to it, which stops here", .0.display())]
    DatabaseGone(PathBuf),
    /// The database holds runs of other numerics than the engine's.
    #[error("{}: holds runs of numerics {held:?}, but this engine's are \"{asked}\", and the two must not be mixed", path.display())]
    OtherNumerics {
        /// The database.
        path: PathBuf,
        /// Numerics of runs in it.
        held: String,
        /// Numerics of the engine.
        asked: String,
    },
    /// The database holds a sweep, and a verification is asked for, or the other way round.
    #[error("{}: holds runs of {held}, and this is {asked}", path.display())]
    OtherKind {
        /// The database.
        path: PathBuf,
        /// What it holds.
        held: &'static str,
        /// What is asked for.
        asked: &'static str,
    },
    /// A version before the database kept finished cells in the directory, as files.
    #[error("{}: keeps finished cells in its folder {folder}, as an older version did, which this one cannot read", dir.display())]
    OldCells {
        /// The directory.
        dir: PathBuf,
        /// The folder in it.
        folder: &'static str,
    },
    /// The database is of another version of this program.
    #[error("{}: has tables of version {version}, but this program knows version {known}", path.display())]
    OtherVersion {
        /// The database.
        path: PathBuf,
        /// Version of its tables.
        version: i32,
        /// Version of this program's.
        known: i32,
    },
    /// The database is not one of runs.
    #[error("{}: is the database of another program", .0.display())]
    OtherProgram(PathBuf),
    /// The database cannot be trusted.
    #[error("{}: is damaged ({why})", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// SQLite fails.
    #[error("{}: {fault}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// How.
        fault: DatabaseFault,
    },
    /// Two databases hold different results of one run.
    #[error("{} and {} hold different results of one run ({run}), though an engine of their numerics gives one", first.display(), second.display())]
    Conflict {
        /// A database.
        first: PathBuf,
        /// Another.
        second: PathBuf,
        /// The run, in words.
        run: String,
    },
    /// The database holds no runs.
    #[error("{}: keeps no runs yet, so there is nothing to export", .0.display())]
    NothingStored(PathBuf),
    /// The database was made anew while it was read.
    #[error("{}: was started over while it was read", .0.display())]
    StartedOver(PathBuf),
    /// Two runs have the same short name in exported tables.
    #[error("{name}: two runs have the same name in the tables")]
    SameName {
        /// That name.
        name: String,
    },
    /// The provenance of a session cannot be read.
    #[error("{name}: where it was trained cannot be read: {source}")]
    Provenance {
        /// The experiment's name.
        name: String,
        /// Why.
        source: serde_json::Error,
    },
    /// What was asked for cannot be read back or written down.
    #[error(transparent)]
    Request(#[from] ExperimentError),
}

impl StoreError {
    pub(crate) fn content(
        path: impl Into<PathBuf>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Content { path: path.into(), source: source.into() }
    }

    pub(crate) fn encode(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Encode(source.into())
    }

    pub(crate) fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { path: path.into(), source }
    }
}

/// Names with commas and an "and".
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}
