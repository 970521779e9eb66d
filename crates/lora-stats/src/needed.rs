//! How much more measurement would decide a comparison if the estimates stayed where they are.

use serde::{Deserialize, Serialize};

use crate::interval::{check, t_quantile};
use crate::linear::Design;

/// The largest number of seeds that is recommended.
const MOST_SEEDS: usize = 10_000;
/// The widest x that is recommended, 2^40.
const WIDEST: f64 = (1u64 << 40) as f64;

/// The number of seeds, or the widest x, that would decide an undecided comparison if the estimates
/// stayed where they are. More than half of planted studies of that size are decided
/// (`tests/verdicts.rs`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Needed {
    /// Total number of seeds at the present widths; `None` above 10 000.
    pub seeds: Option<usize>,
    /// The widest x with the present seeds, if x continues to double; `None` above 2^40. This assumes
    /// that values scatter independently about each seed's law: if the slopes of the laws differ from
    /// seed to seed, wider x do not help.
    pub widest: Option<f64>,
}

impl Needed {
    /// `None` if nothing within the limits decides.
    pub(crate) fn new(seeds: Option<usize>, widest: Option<f64>) -> Option<Self> {
        (seeds.is_some() || widest.is_some()).then_some(Self { seeds, widest })
    }
}

/// An estimate with an interval that shrinks about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) seeds: usize,
    pub(crate) level: f64,
}

impl Estimate {
    /// The ends of the interval once it has shrunk to a `share` of itself.
    pub(crate) fn shrunk(&self, share: f64) -> (f64, f64) {
        let end = |end: f64| self.value + share * (end - self.value);
        (end(self.lower), end(self.upper))
    }

    /// The width of the interval with `seeds` seeds as a share of its present width, which is
    /// proportional to t(S − 1) / √S.
    pub(crate) fn share_with(&self, seeds: usize) -> f64 {
        let width = |seeds: usize| t_quantile(seeds - 1, self.level) / (seeds as f64).sqrt();
        width(seeds) / width(self.seeds)
    }

    /// The same estimate with its interval at another level; at least two seeds.
    pub(crate) fn at(&self, level: f64) -> Self {
        let freedom = self.seeds - 1;
        let (lower, upper) =
            self.shrunk(t_quantile(freedom, level) / t_quantile(freedom, self.level));
        Self { lower, upper, level, ..*self }
    }

    /// The smallest number of seeds, above the present one, whose interval is `clear`. An interval that
    /// is clear of an edge stays clear as it shrinks.
    pub(crate) fn seeds_until(&self, clear: impl Fn(f64, f64) -> bool) -> Option<usize> {
        let enough = |seeds: usize| {
            let (lower, upper) = self.shrunk(self.share_with(seeds));
            clear(lower, upper)
        };
        // An interval that was not computed here could have any seeds and level.
        let known = self.seeds >= 2 && check(self.seeds, self.level).is_ok();
        if !known || self.seeds >= MOST_SEEDS || !enough(MOST_SEEDS) {
            return None;
        }
        // The width falls with every seed, so bisect: `few` is too few or the present number.
        let (mut few, mut many) = (self.seeds, MOST_SEEDS);
        while many - few > 1 {
            let middle = few + (many - few) / 2;
            if enough(middle) { many = middle } else { few = middle }
        }
        Some(many)
    }
}

/// The doublings of the widest x up to the limit, ascending, each with all x up to it.
pub(crate) fn doublings(xs: &[f64]) -> impl Iterator<Item = (f64, Vec<f64>)> + '_ {
    let widest = xs.last().copied().unwrap_or(f64::NAN);
    let next = |x: &f64| Some(2.0 * x).filter(|x| *x <= WIDEST);
    std::iter::successors(next(&widest), next).scan(xs.to_vec(), |all, x| {
        all.push(x);
        Some((x, all.clone()))
    })
}

/// Standard error of the coefficient of ln x for values of variance one and the given columns; for a
/// line it is S_xx^-1/2.
pub(crate) fn slope_error<const P: usize>(
    xs: &[f64],
    columns: impl Fn(&[f64]) -> [Vec<f64>; P],
) -> Option<f64> {
    let ln_x: Vec<f64> = xs.iter().map(|x| x.ln()).collect();
    let design = Design::new(&columns(&ln_x)).ok()?;
    design.unit_errors().get(1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_the_fewest_that_reach() {
        let reach = 2.776_445_105 * 0.1;
        let estimate = Estimate { value: 0.0, lower: -reach, upper: reach, seeds: 5, level: 0.95 };
        for distance in [0.25, 0.1, 0.05, 0.01] {
            let seeds = estimate.seeds_until(|_, upper| upper < distance).unwrap();
            let error =
                |seeds: usize| t_quantile(seeds - 1, 0.95) * 0.1 * (5.0 / seeds as f64).sqrt();
            assert!(error(seeds) < distance);
            assert!(seeds == 6 || error(seeds - 1) >= distance);
        }
        assert_eq!(estimate.seeds_until(|_, upper| upper < 0.001), None);
    }

    #[test]
    fn doublings_end_at_the_limit() {
        let all: Vec<_> = doublings(&[128.0, 256.0]).collect();
        assert_eq!(all[0], (512.0, vec![128.0, 256.0, 512.0]));
        assert_eq!(all.len(), 32);
        assert_eq!(all[31].0, WIDEST);
        assert_eq!(doublings(&[]).count(), 0);
    }
}
