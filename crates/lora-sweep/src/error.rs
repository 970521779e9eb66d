//! What can go wrong while an experiment is carried out.

use std::path::PathBuf;

use lora_analysis::AnalysisError;
use lora_constants::ConstantsError;
use lora_experiment::error::ExperimentError;
use lora_runner::error::RunnerError;
use lora_store::error::StoreError;

/// An error of a crate that takes part. What to do about it is for the caller to say.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// Of what is asked.
    #[error(transparent)]
    Request(#[from] ExperimentError),
    /// Of the training.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// Of a file or of the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Of the limit n → ∞.
    #[error(transparent)]
    Limit(#[from] ConstantsError),
    /// Asked to stop while a limit was solved.
    #[error("stopped: {kept} runs of the limit n → ∞ are kept, in {}", dir.display())]
    LimitStopped {
        /// How many.
        kept: usize,
        /// The directory.
        dir: PathBuf,
    },
    /// Of the summary or of a figure.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
}
