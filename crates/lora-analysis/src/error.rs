//! What can go wrong between finished runs and what is made from them.

use std::io;
use std::path::PathBuf;

use lora_experiment::error::{ExperimentError, Unplanned};
use lora_figures::FigureError;
use lora_report::PictureError;
use lora_stats::StatsError;
use lora_store::error::StoreError;
use lora_theory::TheoryError;

use crate::verdict::names;

/// An error of this crate. Its text says what is wrong; what to type is said at the command line.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    /// An error of what was asked for.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// The plan lacks a prediction.
    #[error(transparent)]
    Unplanned(#[from] Unplanned),
    /// A study that a claim needs was not measured.
    #[error("study {study} was not measured")]
    NotMeasured {
        /// Its name.
        study: String,
    },
    /// An error of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The calculus refuses a setting.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// No grid of learning rates can be built.
    #[error(transparent)]
    Grid(#[from] StatsError),
    /// A figure cannot be drawn or written.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A file that belongs to a page cannot be read.
    #[error("{}: {fault}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// A file of a verification that is to be judged again cannot be read.
    #[error("{}: {fault}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// A figure is older than the experiment or the tables beside it.
    #[error(
        "{}: was drawn before the experiment or the tables beside it were changed",
        path.display()
    )]
    OutdatedFigure {
        /// The picture.
        path: PathBuf,
    },
    /// A directory that was named has no verdicts.
    #[error(
        "{}: {reason}, but must be the directory of a verification, which holds {}",
        dir.display(), names::CLAIMS
    )]
    NotAVerification {
        /// The directory.
        dir: PathBuf,
        /// Why it has none.
        reason: NoVerdicts,
    },
    /// A directory has no tables to judge again.
    #[error(
        "{}: must be the directory of a verification, which holds {}",
        dir.display(), names::JUDGED.join(", ")
    )]
    NotRejudgeable {
        /// The directory.
        dir: PathBuf,
    },
    /// Tables that are to be judged again hold claims that the topics do not hold.
    #[error(
        "{}: its tables hold {count} claims that the topics of this call do not hold, {first} among \
         them",
        dir.display()
    )]
    UnknownClaims {
        /// The directory.
        dir: PathBuf,
        /// The first of them.
        first: String,
        /// How many there are.
        count: usize,
    },
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no table, or a cell of it holds an unknown name.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// It is no JSON, or not of this kind.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is no picture that a page can hold.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// It is JSON but no manifest.
    #[error("is no manifest of a verification")]
    NoManifest,
}

/// Why a directory has no verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoVerdicts {
    /// It does not exist.
    #[error("there is no such directory")]
    Missing,
    /// It is no directory.
    #[error("is a file")]
    File,
    /// It lacks the table of claims.
    #[error("has no {}", names::CLAIMS)]
    NoClaims,
}
