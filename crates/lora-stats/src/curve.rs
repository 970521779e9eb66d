//! Loss and feature size against the learning rate: the optimum, its basin, the stability limit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::basin::{self, Basin};
use crate::crossing::{self, Crossing};
use crate::curve_point::CurvePoint;
use crate::error::{StatsError, is_positive, require};
use crate::grid::LrGrid;
use crate::search::{Sample, Samples, best_position};

/// The minimum of a sampled curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Optimum {
    /// The learning rate at the vertex of the parabola through the best sample and its two
    /// neighbours in (ln lr, ln score), kept within the two neighbours. The learning rate of the
    /// best sample itself where there is no such parabola: see `interpolated`.
    pub lr: f64,
    /// The best sampled score, not the parabola's, at which no run was trained.
    pub score: f64,
    /// Grid index of the best sample.
    pub index: i64,
    /// Whether there are samples on both sides of the best one. If not, `lr` is an end of the sampled
    /// range and only bounds the optimum.
    pub bracketed: bool,
    /// Whether both neighbours are also adjacent on the grid, as after a complete search.
    pub resolved: bool,
    /// Whether `lr` comes from a parabola. Otherwise a neighbour diverged or is missing, or a score
    /// is not positive, or all three are equal, and `lr` is a grid point.
    pub interpolated: bool,
    /// Learning rates of the neighbours, if bracketed.
    pub bracket: Option<(f64, f64)>,
}

impl Optimum {
    /// The optimal learning rate; `None` if the best sample is at an end of the sampled range.
    pub fn bracketed_lr(&self) -> Option<f64> {
        self.bracketed.then_some(self.lr)
    }
}

/// Samples in ascending order of learning rate, all learning rates positive and finite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LrCurve {
    points: Vec<CurvePoint>,
}

impl LrCurve {
    /// The curve through `samples` on `grid`.
    ///
    /// Samples outside the grid's limits are left out, since the search ignores them. Scores and peaks
    /// that are not finite become `None`.
    pub fn new(grid: &LrGrid, samples: &Samples) -> Self {
        let (lowest, highest) = grid.limits();
        let point = |(&index, sample): (&i64, &Sample)| CurvePoint {
            index,
            lr: grid.lr(index),
            score: sample.finite_score(),
            peak: sample.finite_peak(),
        };
        Self { points: samples.range(lowest..=highest).map(point).collect() }
    }

    /// The curve through samples at any learning rates, as somebody else chose them. The indices are
    /// those of a list of learning rates that ascends with them; neighbours in the list count as adjacent.
    ///
    /// Of two samples at one learning rate the last one counts. Scores and peaks that are not finite
    /// become `None`.
    ///
    /// # Errors
    /// [`StatsError::NotPositive`] for a learning rate without a logarithm.
    pub fn through(
        samples: impl IntoIterator<Item = (i64, f64, Sample)>,
    ) -> Result<Self, StatsError> {
        let mut points = BTreeMap::new();
        for (position, (index, lr, sample)) in samples.into_iter().enumerate() {
            if !is_positive(lr) {
                return Err(StatsError::NotPositive { what: "learning rate", position, value: lr });
            }
            let (score, peak) = (sample.finite_score(), sample.finite_peak());
            // Positive numbers are ordered as their bits are.
            points.insert(lr.to_bits(), CurvePoint { index, lr, score, peak });
        }
        Ok(Self { points: points.into_values().collect() })
    }

    /// The sampled points, ascending.
    pub fn points(&self) -> &[CurvePoint] {
        &self.points
    }

    /// The optimal learning rate; of equal scores, the one at the smallest learning rate.
    ///
    /// # Errors
    /// [`StatsError::NoSamples`] and [`StatsError::AllDiverged`]. A best sample at an end of the range is
    /// not an error; the optimum is then marked as not bracketed.
    pub fn optimum(&self) -> Result<Optimum, StatsError> {
        let (position, score) = self.best()?;
        let here = self.points[position];
        let unbracketed = Optimum {
            lr: here.lr,
            score,
            index: here.index,
            bracketed: false,
            resolved: false,
            interpolated: false,
            bracket: None,
        };
        let below = position.checked_sub(1).map(|below| self.points[below]);
        let (Some(below), Some(&above)) = (below, self.points.get(position + 1)) else {
            return Ok(unbracketed);
        };
        let vertex = log_vertex(&below, &here, &above);
        Ok(Optimum {
            lr: vertex.unwrap_or(here.lr),
            bracketed: true,
            resolved: above.index - below.index == 2,
            interpolated: vertex.is_some(),
            bracket: Some((below.lr, above.lr)),
            ..unbracketed
        })
    }

    /// The contiguous interval of learning rates around the best sample in which the score is at
    /// most (1 + `tolerance`) times the best score.
    ///
    /// Scores between samples are interpolated linearly in (ln lr, ln score).
    ///
    /// # Errors
    /// [`StatsError::InvalidParameter`] for a tolerance that is negative or not finite;
    /// [`StatsError::NonPositiveScore`] if the best score has no logarithm; else as
    /// [`Self::optimum`].
    pub fn basin(&self, tolerance: f64) -> Result<Basin, StatsError> {
        let valid = tolerance >= 0.0 && tolerance.is_finite();
        require(valid, "tolerance", tolerance, "at least 0 and finite")?;
        let (position, score) = self.best()?;
        if !is_positive(score) {
            return Err(StatsError::NonPositiveScore(score));
        }
        Ok(basin::around(&self.points, position, (1.0 + tolerance) * score))
    }

    /// The stability limit: the learning rate at which the peak first crosses `bound`.
    ///
    /// # Errors
    /// [`StatsError::InvalidParameter`] for a bound that is not positive and finite;
    /// [`StatsError::NoSamples`]. A limit outside the sampled range is not an error; it has its own
    /// [`CrossingStatus`](crate::CrossingStatus).
    pub fn crossing(&self, bound: f64) -> Result<Crossing, StatsError> {
        require(is_positive(bound), "bound", bound, "positive and finite")?;
        crossing::first_above(&self.points, bound).ok_or(StatsError::NoSamples)
    }

    fn best(&self) -> Result<(usize, f64), StatsError> {
        if self.points.is_empty() {
            return Err(StatsError::NoSamples);
        }
        let position = best_position(self.points.iter().map(|point| point.score));
        position
            .and_then(|position| self.points[position].score.map(|score| (position, score)))
            .ok_or(StatsError::AllDiverged)
    }
}

/// exp of the vertex of the parabola through three points in (ln lr, ln score), the middle one the
/// lowest. `None` if a logarithm is missing or the points lie on a line.
fn log_vertex(below: &CurvePoint, here: &CurvePoint, above: &CurvePoint) -> Option<f64> {
    let ln_score = |point: &CurvePoint| point.score.filter(|&s| is_positive(s)).map(f64::ln);
    let base = ln_score(here)?;
    // Relative to the best point, so that nearly equal scores keep their digits.
    let (left, right) = ((below.lr / here.lr).ln(), (above.lr / here.lr).ln());
    let (left_slope, right_slope) =
        ((ln_score(below)? - base) / left, (ln_score(above)? - base) / right);
    // Newton's form: slope at the best point, and half the second derivative.
    let curvature = (right_slope - left_slope) / (right - left);
    let slope = (left_slope * right - right_slope * left) / (right - left);
    if curvature.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
        return None;
    }
    let offset = (-slope / (2.0 * curvature)).clamp(left, right);
    Some(here.lr * offset.exp()).filter(|lr| is_positive(*lr))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;
    use crate::grid::LrGridSpec;

    fn curve(scores: &[(i64, Option<f64>)]) -> LrCurve {
        let grid = LrGrid::new(LrGridSpec {
            lr_min: 1e-3,
            lr_max: 1e3,
            coarse_factor: 10.0,
            bracket_factor: 2.0,
            max_extensions: 3,
        })
        .unwrap();
        let sample = |&(k, score): &(i64, Option<f64>)| (k, Sample { score, peak: None });
        LrCurve::new(&grid, &scores.iter().map(sample).collect())
    }

    #[test]
    fn recovers_a_log_parabola_from_uneven_points() {
        let exact = |k: i64| {
            let x = k as f64 * 10f64.ln() / 4.0 + 1e-3f64.ln();
            Some((0.3 * (x - 0.7).powi(2) - 1.0).exp())
        };
        for indices in [[12, 13, 14], [8, 13, 16], [12, 14, 15]] {
            let best = curve(&indices.map(|k| (k, exact(k)))).optimum().unwrap();
            assert_relative_eq!(best.lr, 0.7f64.exp(), max_relative = 1e-12);
            assert!(best.bracketed && best.interpolated);
            assert_eq!(best.resolved, indices == [12, 13, 14]);
        }
    }

    #[test]
    fn a_curve_through_the_grids_own_learning_rates_is_that_of_the_grid() {
        let own = curve(&[(8, Some(3.0)), (12, Some(1.0)), (14, None), (16, Some(2.0))]);
        let score = |score| Sample { score, peak: None };
        let mut samples: Vec<(i64, f64, Sample)> =
            own.points().iter().rev().map(|p| (p.index, p.lr, score(p.score))).collect();
        assert_eq!(LrCurve::through(samples.clone()), Ok(own.clone()));
        // A later sample counts instead of an earlier one, and an infinite score is none.
        samples.insert(0, (12, samples[2].1, score(Some(f64::INFINITY))));
        assert_eq!(LrCurve::through(samples.clone()), Ok(own));
        for lr in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            samples[1].1 = lr;
            let refused = LrCurve::through(samples.clone()).unwrap_err();
            assert!(matches!(refused, StatsError::NotPositive { position: 1, .. }), "{refused}");
        }
    }

    #[test]
    fn the_edge_is_not_an_optimum() {
        let low = curve(&[(0, Some(1.0)), (4, Some(2.0)), (8, None)]).optimum().unwrap();
        assert_eq!((low.index, low.bracketed, low.bracketed_lr()), (0, false, None));
        let high = curve(&[(0, None), (4, Some(2.0)), (8, Some(1.0))]).optimum().unwrap();
        assert_eq!((high.index, high.bracketed, high.bracket), (8, false, None));
        assert_relative_eq!(high.lr, 0.1);
    }

    #[test]
    fn without_a_parabola_the_best_sample_stands() {
        let cases = [
            [Some(2.0), Some(1.0), None],
            [Some(2.0), Some(0.0), Some(2.0)],
            [Some(-1.0), Some(-2.0), Some(1.0)],
            [Some(2.0), Some(1.0), Some(f64::INFINITY)],
        ];
        for [below, here, above] in cases {
            let best = curve(&[(3, below), (4, here), (5, above)]).optimum().unwrap();
            assert!(best.bracketed && best.resolved && !best.interpolated);
            assert_relative_eq!(best.lr, 1e-2, max_relative = 1e-14);
        }
    }

    #[test]
    fn a_flat_side_pulls_the_vertex_half_way_to_it() {
        let best = curve(&[(3, Some(2.0)), (4, Some(1.0)), (5, Some(1.0))]).optimum().unwrap();
        assert_eq!(best.index, 4);
        assert_relative_eq!(best.lr, 1e-3 * 10f64.powf(4.5 / 4.0), max_relative = 1e-12);
    }

    #[test]
    fn reports_what_is_missing() {
        assert_eq!(curve(&[]).optimum(), Err(StatsError::NoSamples));
        assert_eq!(curve(&[(0, None), (4, None)]).optimum(), Err(StatsError::AllDiverged));
        assert_eq!(curve(&[]).crossing(1.0), Err(StatsError::NoSamples));
        let zero = curve(&[(0, Some(0.0))]);
        assert_eq!(zero.basin(0.1), Err(StatsError::NonPositiveScore(0.0)));
        assert!(matches!(zero.basin(-0.1), Err(StatsError::InvalidParameter { .. })));
        assert!(matches!(zero.crossing(f64::NAN), Err(StatsError::InvalidParameter { .. })));
    }
}
