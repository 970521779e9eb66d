//! The factor on a learning rate with its interval, in logarithms.

use serde::Serialize;

/// ln of a factor, and how far its interval reaches below and above; both are at least 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LogFactor {
    /// ln of the factor.
    pub middle: f64,
    /// From the lower end to `middle`.
    pub below: f64,
    /// From `middle` to the upper end.
    pub above: f64,
}

/// A positive number with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LrRange {
    /// The number.
    pub value: f64,
    /// Lower end; equal to `value` for exact exponents.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl LogFactor {
    /// (to/from)^x with ln(to/from) = `size`, for an exponent x [lower, middle, upper]. Where a
    /// size falls, the interval turns round.
    pub fn power([lower, middle, upper]: [f64; 3], size: f64) -> Self {
        let ends = [(lower - middle) * size, (upper - middle) * size];
        Self {
            middle: middle * size,
            below: -ends[0].min(ends[1]).min(0.0),
            above: ends[0].max(ends[1]).max(0.0),
        }
    }

    /// The product, as if the two errors were independent: they add in squares.
    pub fn and_independent(self, other: Self) -> Self {
        Self {
            middle: self.middle + other.middle,
            below: self.below.hypot(other.below),
            above: self.above.hypot(other.above),
        }
    }

    /// The product at the worst: the two errors add.
    pub fn and_at_worst(self, other: Self) -> Self {
        Self {
            middle: self.middle + other.middle,
            below: self.below + other.below,
            above: self.above + other.above,
        }
    }

    /// The range of `start` times the factor; none if an end of it is no normal positive number.
    pub fn times(self, start: f64) -> Option<LrRange> {
        let at = |log: f64| (start.ln() + log).exp();
        let range = LrRange {
            value: at(self.middle),
            lower: at(self.middle - self.below),
            upper: at(self.middle + self.above),
        };
        [range.value, range.lower, range.upper].iter().all(|x| x.is_normal()).then_some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_downwards_is_the_inverse_of_the_same_upwards() {
        let exponent = [-0.9, -0.75, -0.7];
        let (up, down) = (LogFactor::power(exponent, 2.0), LogFactor::power(exponent, -2.0));
        assert_eq!(up.middle, -down.middle);
        assert_eq!((up.below, up.above), (down.above, down.below));
        assert!(up.below > up.above);
    }

    #[test]
    fn the_worst_is_wider_than_the_independent() {
        let one = LogFactor::power([-1.0, -0.5, 0.0], 1.0);
        let independent = one.and_independent(one);
        let worst = one.and_at_worst(one);
        assert!((independent.below - 0.5f64.hypot(0.5)).abs() < 1e-15);
        assert_eq!((worst.middle, worst.below, worst.above), (-1.0, 1.0, 1.0));
    }

    #[test]
    fn what_is_no_float_is_not_given() {
        let huge = LogFactor { middle: 800.0, ..LogFactor::default() };
        assert_eq!(huge.times(1.0), None);
        let small = LogFactor { below: 800.0, ..LogFactor::default() };
        assert_eq!(small.times(1.0), None);
        assert!(LogFactor::default().times(1e-4).is_some());
    }
}
