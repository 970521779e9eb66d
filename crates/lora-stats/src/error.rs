//! The typed error of this crate.

use thiserror::Error;

/// Why a quantity could not be computed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StatsError {
    /// A parameter lies outside the range in which it has a meaning.
    #[error("{name} is {value:?}, but must be {requirement}")]
    InvalidParameter {
        /// The parameter's name.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What the value must satisfy.
        requirement: &'static str,
    },
    /// Nothing was sampled.
    #[error("no samples")]
    NoSamples,
    /// Every sampled run diverged, so no loss can be compared.
    #[error("every sampled run diverged")]
    AllDiverged,
    /// The quantity is defined through a logarithm of the best loss, which is not positive.
    #[error("the best score is {0:?}, but its logarithm is needed")]
    NonPositiveScore(f64),
    /// A value that must be positive and finite is not.
    #[error("{what} at position {position} is {value:?}, but must be positive and finite")]
    NotPositive {
        /// The kind of value.
        what: &'static str,
        /// Its position in the list.
        position: usize,
        /// The value given.
        value: f64,
    },
    /// Two lists that belong together differ in length.
    #[error("{what}: expected {expected} values, found {found}")]
    LengthMismatch {
        /// The list of wrong length.
        what: &'static str,
        /// The length it should have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// Too few points are left to compute the quantity.
    #[error("{what}: {found} found, at least {needed} needed")]
    TooFew {
        /// The kind of points or values.
        what: &'static str,
        /// The number needed.
        needed: usize,
        /// The number found.
        found: usize,
    },
    /// Widths must increase strictly, so that neighbours and slopes between them are defined.
    #[error("widths must increase strictly, but position {0} does not exceed the one before")]
    WidthsNotIncreasing(usize),
    /// All abscissae of a line coincide.
    #[error("all abscissae coincide, so no slope is defined")]
    NoSpread,
    /// A column of a linear fit is a combination of the ones before it, up to rounding.
    #[error("column {0} is a linear combination of the columns before it")]
    DependentColumns(usize),
    /// The statistic has no finite value on the seeds as they are.
    #[error("the statistic is undefined on the original seeds")]
    UndefinedEstimate,
    /// A result does not fit the range of a 64-bit float.
    #[error("a result overflows the floating-point range")]
    Overflow,
}

/// Accepts `value` where `valid` holds, else reports `requirement`.
pub(crate) fn require(
    valid: bool,
    name: &'static str,
    value: f64,
    requirement: &'static str,
) -> Result<(), StatsError> {
    if valid { Ok(()) } else { Err(StatsError::InvalidParameter { name, value, requirement }) }
}

/// Whether `value` has a finite logarithm.
pub(crate) fn is_positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

/// The natural logarithm of the value at `position`, or which value has none.
pub(crate) fn ln_positive(
    what: &'static str,
    position: usize,
    value: f64,
) -> Result<f64, StatsError> {
    if is_positive(value) {
        Ok(value.ln())
    } else {
        Err(StatsError::NotPositive { what, position, value })
    }
}
