//! One number for all seeds: a mean with an interval, a bound, or nothing.

use lora_stats::{Crossing, CrossingStatus, DEFAULT_LEVEL, Interval, geometric_mean_interval};

use crate::answer::Side;
use crate::search::Curve;

/// What one seed says of a c.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found {
    /// The c itself.
    At(f64),
    /// The c lies on this side of the number, which is an end of what was tried.
    Beyond(Side, f64),
    /// Nothing.
    Missing,
}

/// What all seeds say together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Estimate {
    /// The geometric mean.
    pub value: Option<f64>,
    /// Its interval; none of a bound.
    pub interval: Option<[f64; 2]>,
    /// The side on which the value bounds the mean.
    pub bound: Option<Side>,
}

impl Found {
    /// The c with the lowest loss.
    pub fn optimum(curve: &Curve) -> Self {
        match (&curve.optimum, curve.runs.first()) {
            (Some(optimum), _) if optimum.bracketed => Self::At(optimum.lr),
            (Some(optimum), Some(first)) if optimum.index == first.c_index => {
                Self::Beyond(Side::AtMost, optimum.lr)
            }
            (Some(optimum), _) => Self::Beyond(Side::AtLeast, optimum.lr),
            (None, _) => Self::Missing,
        }
    }

    /// The c at which a peak crosses its bound.
    pub fn crossing(crossing: Option<&Crossing>) -> Self {
        let found = crossing.and_then(|crossing| match crossing.status {
            CrossingStatus::Bracketed => crossing.lr.map(Self::At),
            CrossingStatus::AllStable => {
                crossing.last_stable.map(|c| Self::Beyond(Side::AtLeast, c))
            }
            CrossingStatus::NoneStable => {
                crossing.first_unstable.map(|c| Self::Beyond(Side::AtMost, c))
            }
        });
        found.unwrap_or(Self::Missing)
    }

    /// The number, which may be a bound.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::At(c) | Self::Beyond(_, c) => Some(c),
            Self::Missing => None,
        }
    }
}

/// A mean with its interval if every seed has a number. A mean over numbers and bounds bounds the mean if
/// all bounds lie on one side; otherwise nothing is known of it.
pub(crate) fn estimate(found: &[Found]) -> Estimate {
    let sides: Vec<Side> = found
        .iter()
        .filter_map(|found| match found {
            Found::Beyond(side, _) => Some(*side),
            Found::At(_) | Found::Missing => None,
        })
        .collect();
    let mean = over(found.iter().map(|found| found.value()));
    let value = mean.map(|interval| interval.estimate);
    match sides.first() {
        None => Estimate { value, interval: ends(mean), bound: None },
        Some(&side) if sides.iter().all(|other| *other == side) => {
            Estimate { value, interval: None, bound: value.map(|_| side) }
        }
        Some(_) => Estimate::default(),
    }
}

/// The geometric mean; nothing if a seed has no value, or one without a logarithm.
pub(crate) fn over(values: impl Iterator<Item = Option<f64>>) -> Option<Interval> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    geometric_mean_interval(&values, DEFAULT_LEVEL).ok()
}

/// The ends of an interval that has both.
pub(crate) fn ends(interval: Option<Interval>) -> Option<[f64; 2]> {
    let interval = interval?;
    Some([interval.lower?, interval.upper?])
}

#[cfg(test)]
mod tests {
    use super::Found::{At, Beyond, Missing};
    use super::*;

    #[test]
    fn only_numbers_have_an_interval_and_bounds_of_both_sides_say_nothing() {
        let numbers = estimate(&[At(1.0), At(4.0)]);
        assert_eq!(numbers.value.map(f64::round), Some(2.0));
        assert!(numbers.interval.is_some() && numbers.bound.is_none());
        for side in [Side::AtLeast, Side::AtMost] {
            let bound = estimate(&[At(1.0), Beyond(side, 4.0), Beyond(side, 2.0)]);
            assert_eq!((bound.value.map(f64::round), bound.interval), (Some(2.0), None));
            assert_eq!(bound.bound, Some(side));
            assert_eq!(estimate(&[Missing, Beyond(side, 4.0)]), Estimate::default());
        }
        let mixed = [Beyond(Side::AtLeast, 4.0), At(1.0), Beyond(Side::AtMost, 0.1)];
        assert_eq!(estimate(&mixed), Estimate::default());
        assert_eq!(estimate(&[At(1.0), Missing]), Estimate::default());
    }

    #[test]
    fn a_crossing_outside_of_what_was_tried_is_a_bound() {
        let crossing = |status, lr, last_stable, first_unstable| Crossing {
            lr,
            last_stable,
            first_unstable,
            status,
            resolved: false,
            interpolated: false,
        };
        let inside = crossing(CrossingStatus::Bracketed, Some(2.0), Some(1.0), Some(4.0));
        assert_eq!(Found::crossing(Some(&inside)), At(2.0));
        let above = crossing(CrossingStatus::AllStable, None, Some(16.0), None);
        assert_eq!(Found::crossing(Some(&above)), Beyond(Side::AtLeast, 16.0));
        let below = crossing(CrossingStatus::NoneStable, None, None, Some(0.25));
        assert_eq!(Found::crossing(Some(&below)), Beyond(Side::AtMost, 0.25));
        assert_eq!(Found::crossing(None), Missing);
    }
}
