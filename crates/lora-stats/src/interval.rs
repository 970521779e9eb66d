//! Intervals over seeds, for any statistic of them.
//!
//! A study has few seeds, often three. Intervals of the percentile bootstrap are then far too short:
//! with three seeds its 95 % interval for a mean runs from the smallest to the largest value, and
//! covers the truth in 75 % of studies. Here the bootstrap gives only the standard deviation, and
//! Student's t the width:
//!
//! estimate ± t(S − 1, (1 + level) / 2) · √(S / (S − 1)) · sd_boot.
//!
//! For a statistic that is a mean over seeds this is exactly the classical t interval, as the
//! bootstrap's variance of a mean of S values is (S − 1)/S times the unbiased one.
//!
//! The interval describes the variation from seed to seed. It does not include errors that all seeds
//! share, such as the bias of a line through a curved law. On a grid so coarse that all seeds have the
//! same optimum, its width is zero.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::{StatsError, require};
use crate::fit::logarithms;
use crate::resample;
use crate::sums::sum;

/// The usual confidence level.
pub const DEFAULT_LEVEL: f64 = 0.95;

/// The largest number of seeds: far more than any study has, and tested for the t quantile.
const MAX_SEEDS: usize = 10_000;

/// An estimate with its interval over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The statistic on the seeds as they are.
    pub estimate: f64,
    /// Lower end. `None` for a single seed, and if the statistic is undefined on some resample.
    pub lower: Option<f64>,
    /// Upper end, present when `lower` is.
    pub upper: Option<f64>,
    /// √(S / (S − 1)) · sd_boot; of the logarithm, for geometric means. Present when `lower` is.
    pub standard_error: Option<f64>,
    /// Share of the resamples on which the statistic was undefined.
    pub undefined_share: f64,
    /// Nominal coverage.
    pub level: f64,
    /// S, the number of seeds.
    pub seeds: usize,
}

impl Interval {
    /// Whether `value` lies in the interval; `None` if there is no interval.
    pub fn contains(&self, value: f64) -> Option<bool> {
        Some(self.lower? <= value && value <= self.upper?)
    }

    fn map_ends(self, ends: impl Fn(f64) -> f64) -> Self {
        Self {
            estimate: ends(self.estimate),
            lower: self.lower.map(&ends),
            upper: self.upper.map(&ends),
            ..self
        }
    }

    fn is_finite(&self) -> bool {
        [Some(self.estimate), self.lower, self.upper].into_iter().flatten().all(f64::is_finite)
    }
}

/// The interval at confidence `level` of any statistic of `seeds` seeds.
///
/// `estimate` takes S positions of seeds, with repeats, and returns the statistic that the whole
/// pipeline computes from these seeds, or `None` if it is undefined. It is called on 0 … S − 1 for the
/// estimate itself, and then on resamples. For up to six seeds these are all resamples, each distinct
/// one once and weighted by how often it occurs; for more seeds they are 2000 fixed ones.
///
/// If the statistic is undefined on any resample there is an estimate but no interval, because the
/// spread of the other resamples would be too small.
///
/// # Errors
/// [`StatsError::TooFew`] for no seeds; [`StatsError::InvalidParameter`] for a level outside
/// [0.001, 0.999 999] or more than 10 000 seeds; [`StatsError::UndefinedEstimate`] if the statistic
/// is undefined on the original seeds; [`StatsError::Overflow`].
pub fn seed_interval(
    seeds: usize,
    level: f64,
    estimate: impl Fn(&[usize]) -> Option<f64>,
) -> Result<Interval, StatsError> {
    check(seeds, level)?;
    let finite = |positions: &[usize]| estimate(positions).filter(|value| value.is_finite());
    let original: Vec<usize> = (0..seeds).collect();
    let value = finite(&original).ok_or(StatsError::UndefinedEstimate)?;
    let mut interval = Interval {
        estimate: value,
        lower: None,
        upper: None,
        standard_error: None,
        undefined_share: 0.0,
        level,
        seeds,
    };
    if seeds == 1 {
        return Ok(interval);
    }
    let spread = Resampled::of(seeds, value, finite);
    interval.undefined_share = spread.undefined_share;
    if spread.undefined_share == 0.0 {
        let error = (seeds as f64 / (seeds - 1) as f64).sqrt() * spread.sd;
        let reach = t_quantile(seeds - 1, level) * error;
        interval.standard_error = Some(error);
        (interval.lower, interval.upper) = (Some(value - reach), Some(value + reach));
    }
    if interval.is_finite() { Ok(interval) } else { Err(StatsError::Overflow) }
}

/// exp of the mean of ln x; NaN if there are no values.
pub fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|x| x.ln()).sum::<f64>() / values.len() as f64).exp()
}

/// Geometric mean of one positive value per seed, with its interval.
///
/// The interval is that of the mean logarithm, exponentiated: always positive, and symmetric as
/// a factor. `standard_error` is that of the mean logarithm.
///
/// # Errors
/// [`StatsError::NotPositive`] for a value without a logarithm; else as [`seed_interval`].
pub fn geometric_mean_interval(values: &[f64], level: f64) -> Result<Interval, StatsError> {
    let logs = logarithms("value", values)?;
    let interval = mean_interval(&logs, level)?.map_ends(f64::exp);
    if interval.is_finite() { Ok(interval) } else { Err(StatsError::Overflow) }
}

/// Mean of one number for each seed, with its interval.
///
/// # Errors
/// As [`seed_interval`].
pub fn mean_interval(own: &[f64], level: f64) -> Result<Interval, StatsError> {
    seed_interval(own.len(), level, |seeds| Some(mean_over(seeds, |seed| own[seed])))
}

/// Mean of `value` over the given seeds.
pub(crate) fn mean_over(seeds: &[usize], value: impl Fn(usize) -> f64) -> f64 {
    sum(seeds.iter().map(|&seed| value(seed))) / seeds.len() as f64
}

/// Standard deviation of a statistic over the resamples.
struct Resampled {
    sd: f64,
    undefined_share: f64,
}

impl Resampled {
    fn of(seeds: usize, centre: f64, estimate: impl Fn(&[usize]) -> Option<f64>) -> Self {
        let (mut deviations, mut weights, mut undefined) = (Vec::new(), Vec::new(), 0.0);
        resample::for_each(seeds, |positions, weight| match estimate(positions) {
            // Relative to the estimate, so that a constant statistic has a spread of exactly 0.
            Some(value) => {
                deviations.push(value - centre);
                weights.push(weight);
            }
            None => undefined += weight,
        });
        let defined = sum(weights.iter().copied());
        let weighted = |f: &dyn Fn(f64) -> f64| {
            sum(deviations.iter().zip(&weights).map(|(&d, w)| f(d) * w)) / defined
        };
        let shift = weighted(&|deviation| deviation);
        let variance = weighted(&|deviation| (deviation - shift).powi(2));
        Self { sd: variance.sqrt(), undefined_share: undefined / (defined + undefined) }
    }
}

pub(crate) fn check(seeds: usize, level: f64) -> Result<(), StatsError> {
    if seeds == 0 {
        return Err(StatsError::TooFew { what: "seeds", needed: 1, found: 0 });
    }
    require(seeds <= MAX_SEEDS, "seeds", seeds as f64, "at most 10000")?;
    // Beyond these limits the algorithm of the quantile loses digits.
    require((0.001..=0.999_999).contains(&level), "level", level, "within 0.001 and 0.999999")
}

/// The t with P(|T| ≤ t) = level for Student's distribution with `freedom` degrees of freedom.
pub(crate) fn t_quantile(freedom: usize, level: f64) -> f64 {
    // From the lower tail, whose probability is smaller and therefore more accurate. The distribution
    // exists for any positive number of degrees of freedom; NaN would become an overflow error.
    StudentsT::new(0.0, 1.0, freedom as f64)
        .map_or(f64::NAN, |t| -t.inverse_cdf(0.5 * (1.0 - level)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_monotone_over_all_accepted_levels_and_sizes() {
        let levels = [0.001, 0.01, 0.1, 0.5, 0.68, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.999_999];
        for level in levels {
            let mut previous = f64::INFINITY;
            for freedom in (1..200).chain([300, 1000, 3000, MAX_SEEDS - 1]) {
                let quantile = t_quantile(freedom, level);
                assert!(0.0 < quantile && quantile < previous, "{freedom} {level}: {quantile}");
                previous = quantile;
            }
        }
        let rising = |freedom| levels.map(|level| t_quantile(freedom, level)).is_sorted();
        assert!([1, 2, 3, 9, 99, MAX_SEEDS - 1].into_iter().all(rising));
    }

    #[test]
    fn one_and_two_degrees_of_freedom_match_their_closed_forms() {
        for level in [0.001, 0.3, 0.95, 0.999_999] {
            let one = (std::f64::consts::FRAC_PI_2 * level).tan();
            approx::assert_relative_eq!(t_quantile(1, level), one, max_relative = 1e-8);
            let two = level * (2.0 / (1.0 - level * level)).sqrt();
            approx::assert_relative_eq!(t_quantile(2, level), two, max_relative = 1e-8);
        }
    }
}
