//! Closed intervals of the learning-rate exponent γ with exact ends.

use std::fmt;

use serde::Serialize;

use crate::Rational;

/// A non-empty closed interval of γ; an end is `None` where the interval is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GammaRange {
    /// Lower end, included.
    #[serde(serialize_with = "crate::serial::optional::serialize")]
    pub lo: Option<Rational>,
    /// Upper end, included.
    #[serde(serialize_with = "crate::serial::optional::serialize")]
    pub hi: Option<Rational>,
}

impl GammaRange {
    /// Every γ.
    pub const ALL: Self = Self { lo: None, hi: None };

    /// The single point γ.
    #[must_use]
    pub fn point(gamma: Rational) -> Self {
        Self { lo: Some(gamma), hi: Some(gamma) }
    }

    /// Whether γ lies in the interval, ends included.
    pub fn contains(&self, gamma: Rational) -> bool {
        self.lo.is_none_or(|lo| lo <= gamma) && self.hi.is_none_or(|hi| gamma <= hi)
    }

    /// The common part; `None` if there is none.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        // `None` sorts first, which suits a lower end but not an upper one.
        let lo = self.lo.max(other.lo);
        let hi = match (self.hi, other.hi) {
            (Some(x), Some(y)) => Some(x.min(y)),
            (x, y) => x.or(y),
        };
        let empty = matches!((lo, hi), (Some(lo), Some(hi)) if lo > hi);
        (!empty).then_some(Self { lo, hi })
    }

    /// The common part of two unions of disjoint intervals.
    pub(crate) fn intersect_all(left: &[Self], right: &[Self]) -> Vec<Self> {
        left.iter().flat_map(|x| right.iter().filter_map(|y| x.intersect(y))).collect()
    }

    /// The finite ends, in order, once each.
    pub(crate) fn ends(&self) -> impl Iterator<Item = Rational> {
        let hi = self.hi.filter(|_| self.lo != self.hi);
        self.lo.into_iter().chain(hi)
    }
}

impl fmt::Display for GammaRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lo, self.hi) {
            (None, None) => write!(f, "every γ"),
            (Some(lo), Some(hi)) if lo == hi => write!(f, "γ = {lo}"),
            (Some(lo), Some(hi)) => write!(f, "{lo} ≤ γ ≤ {hi}"),
            (None, Some(hi)) => write!(f, "γ ≤ {hi}"),
            (Some(lo), None) => write!(f, "γ ≥ {lo}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intersections_keep_the_tighter_ends() {
        let (zero, one) = (Rational::new_raw(0, 1), Rational::new_raw(1, 1));
        let below = GammaRange { lo: None, hi: Some(one) };
        let above = GammaRange { lo: Some(zero), hi: None };
        assert_eq!(below.intersect(&above), Some(GammaRange { lo: Some(zero), hi: Some(one) }));
        assert_eq!(GammaRange::ALL.intersect(&below), Some(below));
        assert_eq!(GammaRange::point(zero).intersect(&GammaRange::point(one)), None);
        assert_eq!(GammaRange::point(zero).ends().count(), 1);
    }
}
