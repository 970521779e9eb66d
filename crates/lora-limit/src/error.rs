//! Why a limit cannot be solved.

use lora_sim::SimError;
use lora_theory::{NoLimit, TheoryError};

/// An impossible or unsupported limit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// The calculus refuses the setting.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// The dynamics have no limit.
    #[error("there is no limit: {0}")]
    Missing(NoLimit),
    /// No single learning-rate exponent is critical.
    #[error("no single exponent of the learning rate is critical for this setting")]
    NoCriticalRate,
    /// The limit exists, but its leading terms are none that this solver runs.
    #[error("the solver does not know limits with {what}")]
    Unsupported {
        /// The leading term or the setting.
        what: &'static str,
    },
    /// The model or the training is out of range.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// A number of the request is out of range.
    #[error("{key} is {value}, but must be {valid}")]
    Invalid {
        /// Its name.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        valid: &'static str,
    },
    /// A model or a training that the class was not derived for.
    #[error("the class was derived for another {what}")]
    OtherClass {
        /// What differs.
        what: &'static str,
    },
    /// A start that belongs to another class or to other points.
    #[error("the start has {found}, but this limit needs {needed}")]
    Start {
        /// What it has.
        found: String,
        /// What it must have.
        needed: String,
    },
    /// The eigendecomposition of a covariance did not converge.
    #[error("the eigendecomposition of a {size}×{size} covariance did not converge")]
    Eigen {
        /// Number of points.
        size: usize,
    },
}

impl LimitError {
    /// Whether it says that the setting has no limit, or none that is solved. Every other error is a
    /// fault of the request or of the solution.
    pub fn means_no_limit(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::NoCriticalRate | Self::Unsupported { .. })
    }
}

/// A check of a number of the request.
pub(crate) fn require(
    ok: bool,
    key: &'static str,
    value: impl std::fmt::Display,
    valid: &'static str,
) -> Result<(), LimitError> {
    if ok { Ok(()) } else { Err(LimitError::Invalid { key, value: value.to_string(), valid }) }
}
