//! What can go wrong while an experiment is carried out.

use lora_analysis::AnalysisError;
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
    /// Of the summary or of a figure.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
}
