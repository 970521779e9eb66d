//! What can go wrong before a run starts. A run that diverges is a result, not an error.

/// An impossible request to the simulation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// A size or constant of the model, the training or a run is out of range.
    #[error("{key} is {value}, but must be {valid}")]
    Invalid {
        /// Name of the field, as in [`crate::spec`].
        key: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        valid: &'static str,
    },
    /// A start state whose shapes do not fit the problem.
    #[error(
        "start state {index} has A of {a:?} and B of {b:?}, but the problem needs {r}×{n} and {n}×{r}"
    )]
    Shape {
        /// Position in the batch.
        index: usize,
        /// Shape of its A.
        a: (usize, usize),
        /// Shape of its B.
        b: (usize, usize),
        /// Rank.
        r: usize,
        /// Width.
        n: usize,
    },
    /// The device that an engine computes on failed, for example because it has no memory left or
    /// refused a launch.
    #[error("{0}")]
    Device(String),
    /// A base model, or the text that it is trained on, could not be had.
    #[error("{0}")]
    Base(String),
    /// Whoever had the training watched asked it to stop. What the engine keeps of it goes on from there.
    #[error("stopped before the end")]
    Stopped,
    /// W_h Z could not be sampled: the eigendecomposition of ZᵀZ/n did not converge.
    #[error("the eigendecomposition of the {size}×{size} matrix ZᵀZ/n did not converge")]
    Eigen {
        /// Columns of Z, with padding.
        size: usize,
    },
}

/// A number with six digits, and with a power of ten if it is very small or large.
pub(crate) fn number(x: f64) -> String {
    let rounded: f64 = format!("{x:.5e}").parse().unwrap_or(x);
    // Debug, unlike Display, writes powers of ten.
    format!("{rounded:?}")
}

pub(crate) fn require(
    ok: bool,
    key: &'static str,
    value: impl std::fmt::Display,
    valid: &'static str,
) -> Result<(), SimError> {
    if ok { Ok(()) } else { Err(SimError::Invalid { key, value: value.to_string(), valid }) }
}
