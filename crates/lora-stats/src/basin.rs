//! The range of nearly optimal learning rates.

use serde::{Deserialize, Serialize};

use crate::curve_point::CurvePoint;
use crate::error::is_positive;

/// Why a [`Basin`] ends before the score has risen to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// There is no sample beyond it: the basin may be wider.
    SampledRange,
    /// The next sample diverged: the basin ends somewhere before it.
    Divergence,
}

/// The range of learning rates with a score within a tolerance of the best.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Basin {
    /// Smallest learning rate of the basin.
    pub lower: f64,
    /// Largest learning rate of the basin.
    pub upper: f64,
    /// If not `None`, `lower` is the last sample within the tolerance instead of an interpolated end.
    pub lower_cut: Option<Cut>,
    /// As `lower_cut`, for `upper`.
    pub upper_cut: Option<Cut>,
}

impl Basin {
    /// Whether both ends are interpolated.
    pub fn is_complete(&self) -> bool {
        self.lower_cut.is_none() && self.upper_cut.is_none()
    }
}

/// The basin around the point at `best`, up to a score of `limit`.
pub(crate) fn around(points: &[CurvePoint], best: usize, limit: f64) -> Basin {
    let (lower, lower_cut) = end(points[..=best].iter().rev(), limit);
    let (upper, upper_cut) = end(points[best..].iter(), limit);
    Basin { lower, upper, lower_cut, upper_cut }
}

/// Walks outwards from the best point until the score exceeds `limit`.
fn end<'a>(mut outwards: impl Iterator<Item = &'a CurvePoint>, limit: f64) -> (f64, Option<Cut>) {
    // `around` starts every walk at a point, so the first branch is never taken.
    let Some(mut inside) = outwards.next() else { return (f64::NAN, Some(Cut::SampledRange)) };
    for point in outwards {
        match point.score {
            None => return (inside.lr, Some(Cut::Divergence)),
            Some(score) if score <= limit => inside = point,
            Some(score) => return (log_interpolate(inside, (point.lr, score), limit), None),
        }
    }
    (inside.lr, Some(Cut::SampledRange))
}

/// The learning rate between a point within the limit and one beyond it at which the straight line
/// in (ln lr, ln score) reaches `limit`.
fn log_interpolate(inside: &CurvePoint, outside: (f64, f64), limit: f64) -> f64 {
    let (lr, score) = outside;
    let near = inside.score.filter(|&near| is_positive(near)).unwrap_or(limit);
    let share = (limit / near).ln() / (score / near).ln();
    // Scores that differ by a rounding error can have equal logarithms.
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    inside.lr * (share * (lr / inside.lr).ln()).exp()
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    fn points(scores: &[Option<f64>]) -> Vec<CurvePoint> {
        let point = |(k, &score): (usize, &Option<f64>)| CurvePoint {
            index: k as i64,
            lr: 10f64.powi(k as i32),
            score,
            peak: None,
        };
        scores.iter().enumerate().map(point).collect()
    }

    #[test]
    fn ends_are_interpolated_in_logarithms() {
        let curve = points(&[Some(8.0), Some(1.0), Some(1.5), Some(24.0)]);
        let basin = around(&curve, 1, 2.0);
        assert_relative_eq!(basin.lower, 10f64.powf(2.0 / 3.0), max_relative = 1e-12);
        let share = (2f64 / 1.5).ln() / 16f64.ln();
        assert_relative_eq!(basin.upper, 10f64.powf(2.0 + share), max_relative = 1e-12);
        assert!(basin.is_complete());
        assert_relative_eq!((basin.upper / basin.lower).ln(), (4.0 / 3.0 + share) * 10f64.ln());
    }

    #[test]
    fn a_second_dip_is_not_part_of_the_basin() {
        let basin = around(&points(&[Some(2.0), Some(1.0), Some(9.0), Some(1.0)]), 1, 1.0);
        assert_relative_eq!(basin.lower, 10.0);
        assert_relative_eq!(basin.upper, 10.0);
    }

    #[test]
    fn scores_exactly_on_the_limit_belong_to_it() {
        let basin = around(&points(&[Some(1.0), Some(2.0), Some(2.0), Some(8.0)]), 0, 2.0);
        assert_relative_eq!(basin.upper, 100.0);
    }

    #[test]
    fn cuts_are_told_apart() {
        let basin = around(&points(&[Some(1.5), Some(1.0), Some(1.2), None]), 1, 2.0);
        assert_eq!((basin.lower, basin.lower_cut), (1.0, Some(Cut::SampledRange)));
        assert_eq!((basin.upper, basin.upper_cut), (100.0, Some(Cut::Divergence)));
        assert!(!basin.is_complete());
    }
}
