//! Why a sharpness cannot be measured.

use lora_sim::SimError;

/// A request outside of what is measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CurvatureError {
    /// The model, the training or the run is out of range.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// The update rule has no preconditioner that stands still.
    #[error("optimizer is {found}, but must be adam or sgd: no threshold is known for another one")]
    Optimizer {
        /// The rule that was asked for.
        found: &'static str,
    },
    /// A number is out of range.
    #[error("{key} is {value}, but must be {valid}")]
    Invalid {
        /// Its name.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        valid: &'static str,
    },
}
