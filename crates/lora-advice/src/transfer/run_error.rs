//! Why a run's directory does not say how a learning rate goes with the width.

use std::fmt;
use std::path::PathBuf;

use lora_types::Init;

use crate::transfer::choices::CarriedLr;
use crate::transfer::words::words;

/// A directory that answers nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It holds no summary.
    #[error(
        "{}: has no summary.json, but must be the directory of a finished run of an experiment",
        dir.display()
    )]
    NotARun {
        /// The directory.
        dir: PathBuf,
    },
    /// A file of it cannot be read.
    #[error("{}: {fault}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// Its summary is of other inits or widths.
    #[error("{}: is of {found}, but the run is of {}", path.display(), all(run))]
    OtherRun {
        /// The summary.
        path: PathBuf,
        /// What it is of.
        found: SummaryOf,
        /// What the run is of.
        run: Vec<SummaryOf>,
    },
    /// Its summary says nothing of an init.
    #[error("{}: says nothing of {lacks}, which was run", path.display())]
    Lacks {
        /// The summary.
        path: PathBuf,
        /// What was run.
        lacks: SummaryOf,
    },
    /// The init was not trained.
    #[error("{}: {init} was not run, only {}", dir.display(), list(has))]
    NoInit {
        /// The directory.
        dir: PathBuf,
        /// What was asked for.
        init: Init,
        /// What was run.
        has: Vec<Init>,
    },
    /// Nothing varies.
    #[error("{}: has only one width, n = {width}; an exponent needs at least two", dir.display())]
    OneWidth {
        /// The directory.
        dir: PathBuf,
        /// Its width.
        width: usize,
    },
    /// The search enclosed the learning rate at too few widths.
    #[error(
        "{}: the search enclosed the {} of {init} {}; an exponent needs at least two widths",
        dir.display(), words(*goal), places(widths)
    )]
    TooFew {
        /// The directory.
        dir: PathBuf,
        /// The learning rate.
        goal: CarriedLr,
        /// The init.
        init: Init,
        /// The widths at which it did.
        widths: Vec<u32>,
    },
    /// There is no interval.
    #[error("{}: has one seed; an interval needs at least two", dir.display())]
    OneSeed {
        /// The directory.
        dir: PathBuf,
    },
}

/// An init and the widths at which it was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryOf {
    /// The init.
    pub init: Init,
    /// Its widths.
    pub widths: Vec<usize>,
}

impl fmt::Display for SummaryOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at n = {}", self.init, numbers(&self.widths))
    }
}

fn all(of: &[SummaryOf]) -> String {
    of.iter().map(SummaryOf::to_string).collect::<Vec<_>>().join(" and of ")
}

fn numbers(some: &[impl ToString]) -> String {
    some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn list(inits: &[Init]) -> String {
    inits.iter().map(Init::to_string).collect::<Vec<_>>().join(" and ")
}

fn places(widths: &[u32]) -> String {
    match widths {
        [] => "at no width".to_owned(),
        some => format!("only at n = {}", numbers(some)),
    }
}
