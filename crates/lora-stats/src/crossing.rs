//! The largest learning rate at which the LoRA features stay bounded.

use serde::{Deserialize, Serialize};

use crate::curve_point::CurvePoint;
use crate::error::is_positive;
use crate::search::is_within;

/// The position of the stability limit relative to the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrossingStatus {
    /// Between a stable and an unstable sample.
    Bracketed,
    /// Above all samples: no sample was unstable.
    AllStable,
    /// Below all samples: the smallest learning rate was unstable.
    NoneStable,
}

/// The learning rate up to which every sample's peak stays within a bound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The stability limit, if it is bracketed. It is interpolated linearly in (ln lr, ln peak) between
    /// the last stable and the first unstable sample, or their geometric mean if one of the two peaks
    /// has no logarithm, for example because the run diverged.
    pub lr: Option<f64>,
    /// Learning rate of the last stable sample below every unstable one.
    pub last_stable: Option<f64>,
    /// Learning rate of the first unstable sample.
    pub first_unstable: Option<f64>,
    /// The position of the limit.
    pub status: CrossingStatus,
    /// Whether the last stable and the first unstable sample are adjacent on the grid, as after a
    /// complete search.
    pub resolved: bool,
    /// Whether `lr` is interpolated between two finite peaks, and not the middle of the bracket.
    pub interpolated: bool,
}

impl Crossing {
    /// Whether the limit lies between a stable and an unstable sample.
    pub fn bracketed(&self) -> bool {
        self.status == CrossingStatus::Bracketed
    }
}

/// The crossing of `bound` in ascending points; `None` if there are none.
///
/// Stable samples above the first unstable one do not count.
pub(crate) fn first_above(points: &[CurvePoint], bound: f64) -> Option<Crossing> {
    let (first, last) = (points.first()?, points.last()?);
    Some(match points.iter().position(|point| !is_within(point.peak, bound)) {
        None => outside(Some(last.lr), None, CrossingStatus::AllStable),
        Some(0) => outside(None, Some(first.lr), CrossingStatus::NoneStable),
        Some(unstable) => between(&points[unstable - 1], &points[unstable], bound),
    })
}

fn outside(
    last_stable: Option<f64>,
    first_unstable: Option<f64>,
    status: CrossingStatus,
) -> Crossing {
    let (resolved, interpolated) = (false, false);
    Crossing { lr: None, last_stable, first_unstable, status, resolved, interpolated }
}

fn between(stable: &CurvePoint, unstable: &CurvePoint, bound: f64) -> Crossing {
    let share = log_share(stable.peak, unstable.peak, bound);
    let offset = share.unwrap_or(0.5) * (unstable.lr / stable.lr).ln();
    Crossing {
        lr: Some(stable.lr * offset.exp()),
        last_stable: Some(stable.lr),
        first_unstable: Some(unstable.lr),
        status: CrossingStatus::Bracketed,
        resolved: unstable.index - stable.index == 1,
        interpolated: share.is_some(),
    }
}

/// The position of the bound between `low` ≤ `bound` and `high` > `bound` in logarithms, from 0 to 1.
fn log_share(low: Option<f64>, high: Option<f64>, bound: f64) -> Option<f64> {
    let low = low.filter(|&peak| is_positive(peak))?.ln();
    let high = high.filter(|&peak| is_positive(peak))?.ln();
    let share = (bound.ln() - low) / (high - low);
    // Peaks that differ by a rounding error can have equal logarithms.
    share.is_finite().then(|| share.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    fn crossing(peaks: &[Option<f64>], bound: f64) -> Crossing {
        let point = |(k, &peak): (usize, &Option<f64>)| CurvePoint {
            index: k as i64,
            lr: 10f64.powi(k as i32),
            score: None,
            peak,
        };
        let points: Vec<CurvePoint> = peaks.iter().enumerate().map(point).collect();
        first_above(&points, bound).unwrap()
    }

    #[test]
    fn a_power_law_is_crossed_exactly() {
        // peak = lr^(3/2) reaches 2 at 2^(2/3).
        let peaks: Vec<Option<f64>> = (0..4).map(|k| Some(10f64.powf(1.5 * k as f64))).collect();
        let crossing = crossing(&peaks, 2.0);
        assert_relative_eq!(crossing.lr.unwrap(), 2f64.powf(2.0 / 3.0), max_relative = 1e-12);
        assert!(crossing.bracketed() && crossing.resolved && crossing.interpolated);
    }

    #[test]
    fn a_diverged_or_vanishing_peak_leaves_the_middle() {
        for peaks in [[Some(0.1), None], [Some(0.0), Some(3.0)]] {
            let crossing = crossing(&peaks, 1.0);
            assert_relative_eq!(crossing.lr.unwrap(), 10f64.sqrt(), max_relative = 1e-12);
            assert!(crossing.bracketed() && !crossing.interpolated);
        }
    }

    #[test]
    fn the_first_instability_decides() {
        let crossing = crossing(&[Some(0.1), Some(2.0), Some(0.1), None], 1.0);
        assert_eq!((crossing.last_stable, crossing.first_unstable), (Some(1.0), Some(10.0)));
    }

    #[test]
    fn limits_outside_the_range_are_told_apart() {
        let above = crossing(&[Some(0.1), Some(0.2)], 1.0);
        assert_eq!((above.status, above.lr), (CrossingStatus::AllStable, None));
        assert_eq!((above.last_stable, above.first_unstable), (Some(10.0), None));
        let below = crossing(&[Some(2.0), Some(0.2)], 1.0);
        assert_eq!((below.status, below.lr), (CrossingStatus::NoneStable, None));
        assert_eq!((below.last_stable, below.first_unstable), (None, Some(1.0)));
    }

    #[test]
    fn a_peak_exactly_on_the_bound_is_stable() {
        let crossing = crossing(&[Some(0.5), Some(1.0), Some(4.0)], 1.0);
        assert_relative_eq!(crossing.lr.unwrap(), 10.0);
        assert_eq!(crossing.last_stable, Some(10.0));
    }
}
