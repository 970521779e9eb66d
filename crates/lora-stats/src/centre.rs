//! The centre of a basin: an optimum computed from the whole basin instead of its lowest sample.
//!
//! With Adam the loss against the learning rate is rough. Along a basin the scores of a seed jump by
//! tens of per cent, and single scores by a factor of several, so that the lowest sample can lie
//! anywhere in the basin from seed to seed. The centre averages over the basin.

use crate::curve::LrCurve;
use crate::curve_point::CurvePoint;
use crate::error::{StatsError, is_positive};

/// The weight of a learning rate is its score to the power −4: a fifth of the best weight at 1.5 times
/// the best score, 1/16 at twice the best. A lower power would give weight beyond the basin, so that
/// the sampled range decides; a higher power approaches the lowest sample.
const POWER: f64 = 4.0;

/// The centre of a basin.
#[derive(Debug, Clone, PartialEq)]
pub struct Centre {
    /// The learning rate of the centre: exp of the weighted mean of ln lr.
    pub lr: f64,
    /// Grid index and weight of every sample with a score, ascending; the weights sum to 1.
    pub weights: Vec<(i64, f64)>,
}

impl Centre {
    /// The value at the centre of a quantity that is a power of the learning rate along the basin: exp
    /// of the weighted mean of its logarithm. `None` if it has no value at a sample with weight.
    pub fn value(&self, of: impl Fn(i64) -> Option<f64>) -> Option<f64> {
        let mut mean = 0.0;
        for &(index, weight) in self.weights.iter().filter(|(_, weight)| *weight > 0.0) {
            mean += weight * of(index).filter(|&value| is_positive(value))?.ln();
        }
        Some(mean.exp())
    }
}

impl LrCurve {
    /// The centre of the basin: the mean of ln lr over the sampled curve with weight score^-4.
    /// Diverged samples have no weight.
    ///
    /// If the curve only shifts along ln lr from width to width, as for a law η_opt ∝ n^γ, then the
    /// centre shifts equally. For an asymmetric basin it differs from the lowest score by a constant
    /// factor.
    ///
    /// # Errors
    /// [`StatsError::NonPositiveScore`] if the best score has no logarithm; else as
    /// [`LrCurve::optimum`].
    pub fn centre(&self) -> Result<Centre, StatsError> {
        let best = self.optimum()?.score;
        if !is_positive(best) {
            return Err(StatsError::NonPositiveScore(best));
        }
        let scored = |point: &&CurvePoint| point.score.is_some_and(is_positive);
        let points: Vec<&CurvePoint> = self.points().iter().filter(scored).collect();
        let ln: Vec<f64> = points.iter().map(|point| point.lr.ln()).collect();
        let weight = |(at, point): (usize, &&CurvePoint)| {
            let share = point.score.map_or(0.0, |score| (best / score).powf(POWER));
            share * length(&ln, at)
        };
        let weights: Vec<f64> = points.iter().enumerate().map(weight).collect();
        let whole: f64 = weights.iter().sum();
        let shares = || weights.iter().map(|weight| weight / whole);
        let mean: f64 = shares().zip(&ln).map(|(share, ln)| share * ln).sum();
        let indices = points.iter().map(|point| point.index);
        Ok(Centre { lr: mean.exp(), weights: indices.zip(shares()).collect() })
    }
}

/// The length in ln lr that a sample represents: half the distance to each neighbour.
fn length(ln: &[f64], at: usize) -> f64 {
    let below = at.checked_sub(1).map_or(0.0, |below| ln[at] - ln[below]);
    let above = ln.get(at + 1).map_or(0.0, |above| above - ln[at]);
    if ln.len() == 1 { 1.0 } else { 0.5 * (below + above) }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;
    use crate::grid::{LrGrid, LrGridSpec};
    use crate::search::Sample;

    fn curve(scores: &[(i64, Option<f64>)]) -> LrCurve {
        let grid = LrGrid::new(LrGridSpec {
            lr_min: 1.0,
            lr_max: 256.0,
            coarse_factor: 2.0,
            bracket_factor: 2.0,
            max_extensions: 1,
        });
        let sample = |&(k, score): &(i64, Option<f64>)| (k, Sample { score, peak: None });
        LrCurve::new(&grid.expect("a grid"), &scores.iter().map(sample).collect())
    }

    #[test]
    fn a_symmetric_basin_has_its_centre_in_the_middle() {
        let even = [(1, Some(8.0)), (2, Some(2.0)), (3, Some(1.0)), (4, Some(2.0)), (5, Some(8.0))];
        let centre = curve(&even).centre().expect("a centre");
        assert_relative_eq!(centre.lr, 8.0, max_relative = 1e-12);
        let total: f64 = centre.weights.iter().map(|(_, weight)| weight).sum();
        assert_relative_eq!(total, 1.0, max_relative = 1e-12);
    }

    /// A sample stands for the gap that it is in, so that sampling one flank more densely moves
    /// nothing: here a basin that is flat from 2^1 to 2^5.
    #[test]
    fn dense_samples_do_not_pull() {
        let wall = 1e6;
        let coarse = [(0, Some(wall)), (1, Some(1.0)), (5, Some(1.0)), (6, Some(wall))];
        let dense: Vec<(i64, Option<f64>)> = [(0, Some(wall)), (6, Some(wall))]
            .into_iter()
            .chain((1..=2).map(|k| (k, Some(1.0))))
            .chain([(5, Some(1.0))])
            .collect();
        for samples in [&coarse[..], &dense] {
            let centre = curve(samples).centre().expect("a centre");
            assert_relative_eq!(centre.lr, 8.0, max_relative = 1e-9);
        }
    }

    #[test]
    fn diverged_samples_count_nothing_and_a_power_is_read_at_the_centre() {
        let scores = [(1, Some(3.0)), (2, Some(1.0)), (3, Some(1.2)), (4, None)];
        let centre = curve(&scores).centre().expect("a centre");
        assert_eq!(centre.weights.len(), 3);
        let power = |k: i64| Some(5.0 * 2f64.powi(k as i32).powf(0.7));
        let value = centre.value(power).expect("a value");
        assert_relative_eq!(value, 5.0 * centre.lr.powf(0.7), max_relative = 1e-12);
        assert_eq!(centre.value(|k| (k > 1).then_some(1.0)), None);
    }

    #[test]
    fn reports_what_is_missing() {
        assert_eq!(curve(&[]).centre(), Err(StatsError::NoSamples));
        assert_eq!(curve(&[(1, None)]).centre(), Err(StatsError::AllDiverged));
        assert_eq!(curve(&[(1, Some(0.0))]).centre(), Err(StatsError::NonPositiveScore(0.0)));
        let alone = curve(&[(2, Some(3.0))]).centre().expect("a centre");
        assert_relative_eq!(alone.lr, 4.0, max_relative = 1e-12);
    }
}
