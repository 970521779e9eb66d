//! The exponent of one quantity: v = Θ(n^x) with x rational, or v exactly zero.

use std::fmt;

use crate::rational::{add, approximate};
use crate::{Rational, TheoryError};

/// The growth γ\[v\] of a quantity v = Θ(n^γ\[v\]); γ\[0\] = −∞. \[P\]
///
/// Exponents form the max-plus semiring: [`times`](Self::times) adds, [`plus`](Self::plus) takes
/// the larger, [`Zero`](Self::Zero) is neutral for the sum and absorbs products, and
/// [`ONE`](Self::ONE) is neutral for products. The order is that of growth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exponent {
    /// The growth −∞ of an exact zero.
    Zero,
    /// The growth of Θ(n^x).
    Power(Rational),
}

impl Exponent {
    /// The growth of a constant, n^0.
    pub const ONE: Self = Self::Power(Rational::new_raw(0, 1));

    /// γ\[uv\] = γ\[u\] + γ\[v\]. \[P\]
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if the sum does not fit.
    pub fn times(self, other: Self) -> Result<Self, TheoryError> {
        match (self, other) {
            (Self::Power(x), Self::Power(y)) => add(x, y).map(Self::Power),
            _ => Ok(Self::Zero),
        }
    }

    /// γ\[u + v\] = max(γ\[u\], γ\[v\]), barring cancellation. \[P\]
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.max(other)
    }

    /// The rational power; `None` for an exact zero.
    pub fn power(self) -> Option<Rational> {
        match self {
            Self::Zero => None,
            Self::Power(x) => Some(x),
        }
    }

    /// The nearest float; −∞ for an exact zero.
    pub fn to_f64(self) -> f64 {
        self.power().map_or(f64::NEG_INFINITY, approximate)
    }

    /// O(1): the quantity stays bounded as n grows.
    pub fn is_bounded(self) -> bool {
        self <= Self::ONE
    }
}

impl From<Rational> for Exponent {
    fn from(power: Rational) -> Self {
        Self::Power(power)
    }
}

impl fmt::Display for Exponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.pad("0 (exactly zero)"),
            Self::Power(x) if *x.numer() == 0 => f.pad("1"),
            Self::Power(x) if *x == Rational::new_raw(1, 1) => f.pad("n"),
            Self::Power(x) => f.pad(&format!("n^{x}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shown_as_a_power_of_n() {
        assert_eq!(Exponent::from(Rational::new_raw(-3, 4)).to_string(), "n^-3/4");
        assert_eq!(Exponent::from(Rational::new_raw(2, 1)).to_string(), "n^2");
        assert_eq!(Exponent::from(Rational::new_raw(1, 1)).to_string(), "n");
        assert_eq!(Exponent::ONE.to_string(), "1");
        assert_eq!(Exponent::Zero.to_string(), "0 (exactly zero)");
    }

    #[test]
    fn zero_grows_slower_than_any_power() {
        assert!(Exponent::Zero < Exponent::from(Rational::new_raw(-1_000, 1)));
        assert_eq!(Exponent::Zero.to_f64(), f64::NEG_INFINITY);
    }
}
