//! Where a run ends up: below the edge of stability, at it, or above it.

use std::fmt;

use crate::follow::Trace;

/// The recorded points of a run of which the last are late: one of so many.
const LATE: usize = 4;
/// Sharpnesses between these, in units of the threshold, are at the edge. Chosen before any measurement: a run that
/// settles oscillates around 1, and a factor of 1.25 tells that from the next c of a grid with factors of 4.
pub const AT_EDGE: [f64; 2] = [0.8, 1.25];

/// Where an interval lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All of it is below the edge.
    Below,
    /// All of it is at the edge.
    At,
    /// All of it is above the edge.
    Above,
    /// It reaches over an end of [`AT_EDGE`].
    Undecided,
}

impl Place {
    /// Of an interval in units of the threshold.
    pub fn of([lower, upper]: [f64; 2]) -> Self {
        let [from, to] = AT_EDGE;
        if upper < from {
            Self::Below
        } else if lower > to {
            Self::Above
        } else if lower >= from && upper <= to {
            Self::At
        } else {
            Self::Undecided
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Below => "below",
            Self::At => "at the edge",
            Self::Above => "above",
            Self::Undecided => "undecided",
        })
    }
}

impl Trace {
    /// The median of [`crate::Measured::at_edge`] over the last quarter of the points; none of a run that diverged,
    /// and of one without points.
    pub fn late(&self) -> Option<f64> {
        let count = self.points.len().div_ceil(LATE);
        let late = &self.points[self.points.len() - count..];
        let mut values: Vec<f64> = late.iter().map(|point| point.at_edge).collect();
        values.sort_by(f64::total_cmp);
        let median = |values: &[f64]| match (values.len() / 2, values.len() % 2) {
            (half, 0) => (values[half - 1] + values[half]) / 2.0,
            (half, _) => values[half],
        };
        (count > 0 && self.diverged_at.is_none()).then(|| median(&values))
    }

    /// The largest sharpness of a run's points, in units of the threshold.
    pub fn peak(&self) -> Option<f64> {
        self.points.iter().map(|point| point.at_edge).max_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::Measured;
    use crate::lanczos::Eigenvalue;

    fn trace(all: &[f64]) -> Trace {
        let sharpness = Eigenvalue { value: 0.0, residual: 0.0, products: 0 };
        let point = |(step, &at_edge)| Measured { step, loss: 1.0, sharpness, at_edge };
        Trace { points: all.iter().enumerate().map(point).collect(), diverged_at: None }
    }

    #[test]
    fn the_last_quarter_counts_and_a_run_that_diverged_has_none() {
        let found = trace(&[9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 3.0, 1.0]);
        assert_eq!((found.late(), found.peak()), (Some(2.0), Some(9.0)));
        assert_eq!(trace(&[5.0, 1.0, 3.0]).late(), Some(3.0));
        assert_eq!(trace(&[]).late(), None);
        assert_eq!(Trace { diverged_at: Some(8), ..found }.late(), None);
    }

    #[test]
    fn an_interval_has_a_place_only_if_all_of_it_has() {
        for (interval, place) in [
            ([0.1, 0.79], Place::Below),
            ([0.8, 1.25], Place::At),
            ([1.26, 3.0], Place::Above),
            ([0.7, 0.9], Place::Undecided),
            ([0.5, 2.0], Place::Undecided),
            ([f64::NAN, 2.0], Place::Undecided),
        ] {
            assert_eq!(Place::of(interval), place, "{interval:?}");
        }
    }
}
