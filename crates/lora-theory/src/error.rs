//! The error of the calculus: bad text, an exponent out of range, an overflow of exact arithmetic.

use thiserror::Error;

/// An error of the calculus; every public function that can fail returns it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TheoryError {
    /// The text is not an exact rational.
    #[error("`{text}` is not a rational: write an integer, a fraction such as -1/2, or a decimal")]
    NotRational {
        /// The text as given.
        text: String,
    },
    /// A rational whose numerator or denominator is too large, or whose denominator is not positive.
    #[error("{what} is out of range: numerator and denominator must stay within {limit}")]
    OutOfRange {
        /// The input's name.
        what: &'static str,
        /// The largest numerator or denominator allowed.
        limit: i64,
    },
    /// The rank exponent ρ lies outside [0, 1]: a rank r = n^ρ is at least one and at most n.
    #[error("the rank exponent must lie in [0, 1], not {rho}")]
    Rank {
        /// The exponent as given.
        rho: String,
    },
    /// Too few or too many symbolic steps.
    #[error("the number of symbolic steps must lie in 1..={max}, not {steps}")]
    Steps {
        /// The number as given.
        steps: u32,
        /// The largest number allowed.
        max: u32,
    },
    /// The range of γ for a phase line is empty.
    #[error("a phase line needs from < to, not {from} and {to}")]
    EmptyRange {
        /// The range's lower end.
        from: String,
        /// The range's upper end.
        to: String,
    },
    /// An exact result does not fit 64-bit numerators and denominators.
    #[error("an exact exponent does not fit 64 bits: use simpler fractions or fewer steps")]
    Overflow,
}
