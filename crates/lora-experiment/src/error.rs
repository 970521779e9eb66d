//! What can be wrong with what is asked.
//!
//! An error holds its data and says what is wrong. What a user should type is added at the command line.

mod claim;
mod key;
mod study;

use std::path::PathBuf;

use lora_stats::StatsError;

pub use crate::study::predictions::Unplanned;
pub use claim::ClaimProblem;
pub use key::{KeyError, KeyPlace};
pub use study::StudyProblem;

/// What a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedFile {
    /// An experiment.
    Experiment,
    /// Claims with their studies.
    Topic,
}

impl std::fmt::Display for ExpectedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Experiment => "an experiment file",
            Self::Topic => "a topic file of claims",
        })
    }
}

/// Why an experiment, a suite of claims or a plan cannot be read or made. `file` is how the caller names
/// it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// There is no such file.
    #[error("{file}: there is no such file{}", meant(.nearest.as_deref()))]
    NotFound {
        /// The file.
        file: String,
        /// The experiment with the most similar name, if there is one.
        nearest: Option<String>,
    },
    /// The file is a directory.
    #[error("{file}: is a directory, but must be {kind}")]
    Directory {
        /// The directory.
        file: String,
        /// What it must be.
        kind: ExpectedFile,
    },
    /// The file cannot be read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is longer than any experiment.
    #[error("{file}: is longer than 1 MiB, but must be {kind}")]
    TooLong {
        /// The file.
        file: String,
        /// What it must be.
        kind: ExpectedFile,
    },
    /// The file is not UTF-8.
    #[error("{file}: line {line}: is not UTF-8 text, as TOML must be")]
    NotUtf8 {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// The file is not TOML.
    #[error("{file}: line {line}: {content}: {reason}")]
    NotToml {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What it says.
        content: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file holds claims where an experiment is wanted.
    #[error("{file}: holds claims, and is no experiment")]
    IsTopic {
        /// The file.
        file: String,
    },
    /// A key, or its value.
    #[error(transparent)]
    Key(Box<KeyError>),
    /// A key that a file has under both of its names.
    #[error(
        "{file}: {second}: is another name of {key}, which is there, too: leave one of both out"
    )]
    BothNames {
        /// The file.
        file: String,
        /// The key.
        key: String,
        /// Its second name.
        second: String,
    },
    /// A setting without "=".
    #[error("setting {text:?}: has no '=', must be KEY=VALUE, such as training.steps=400")]
    NoAssignment {
        /// The setting.
        text: String,
    },
    /// A setting whose key lacks a part.
    #[error(
        "setting {text:?}: the key is not complete, must be KEY=VALUE, such as training.steps=400"
    )]
    IncompleteKey {
        /// The setting.
        text: String,
    },
    /// A key of a topic file, or its value.
    #[error("{file}: {key}: {reason}")]
    Topic {
        /// The file.
        file: String,
        /// The key, with its place in lists.
        key: String,
        /// What is wrong, and what would be valid.
        reason: String,
    },
    /// Two claims or studies of one name.
    #[error("{file}: {name}: another claim or study has the same name")]
    SameName {
        /// The file of the second.
        file: String,
        /// The name.
        name: String,
    },
    /// A study that cannot be trained.
    #[error("{file}: study {study}: {problem}")]
    Study {
        /// The topic file.
        file: String,
        /// The study.
        study: String,
        /// What is wrong.
        problem: Box<StudyProblem>,
    },
    /// A claim that cannot be judged.
    #[error("{file}: claim {claim}: {problem}")]
    Claim {
        /// The topic file.
        file: String,
        /// The claim.
        claim: String,
        /// What is wrong.
        problem: Box<ClaimProblem>,
    },
    /// No claim or study was chosen.
    #[error(
        "{prefix}: no name of a claim or study starts with it{}", meant(.nearest.as_deref())
    )]
    NoneChosen {
        /// What names must begin with.
        prefix: String,
        /// The claim with the most similar name, if there is one.
        nearest: Option<String>,
    },
    /// No grid of learning rates can be built.
    #[error(transparent)]
    Grid(#[from] StatsError),
    /// A plan of before cannot be read.
    #[error("{}: is no plan of a verification ({source})", .path.display())]
    NotAPlan {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The predictions of a claim cannot be read.
    #[error("{}: claim {claim}: predicted: {source}", .path.display())]
    NotPredictions {
        /// The file.
        path: PathBuf,
        /// The claim.
        claim: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The plan of before is for other sizes.
    #[error("{}: holds the results of a {} verification, which those of a {} one would replace", .dir.display(), size(*.planned_quick), size(!.planned_quick))]
    OtherSize {
        /// The directory of the plan.
        dir: PathBuf,
        /// Whether the plan is for quick sizes.
        planned_quick: bool,
    },
    /// A number without a planned prediction.
    #[error(transparent)]
    Unplanned(#[from] Unplanned),
    /// What was asked cannot be read back.
    #[error("{label}: cannot be read: {source}")]
    NotARequest {
        /// What messages call it.
        label: String,
        /// Why.
        source: serde_json::Error,
    },
    /// Something cannot be written as text.
    #[error("{what} cannot be written as text: {source}")]
    NoText {
        /// What.
        what: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl From<KeyError> for ExperimentError {
    fn from(error: KeyError) -> Self {
        Self::Key(Box::new(error))
    }
}

impl ExperimentError {
    pub(crate) fn no_text(
        what: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::NoText { what, source: Box::new(source) }
    }
}

/// ", did you mean …?", or nothing.
fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(", did you mean {name}?"))
}

/// The size of a verification.
fn size(quick: bool) -> &'static str {
    if quick { "quick" } else { "full" }
}
