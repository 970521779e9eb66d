//! A logarithmic grid of learning rates addressed by integers.
//!
//! Every seed and every initialization samples learning rates from one grid. Equal indices mean equal
//! learning rates to the last bit, so a repeated run can be recognized by its index.

use serde::{Deserialize, Serialize};

use crate::error::{StatsError, is_positive, require};

/// Smallest coarse factor, with which neighbouring fine learning rates differ by far more than a
/// rounding error.
const MIN_COARSE_FACTOR: f64 = 1.001;
/// Most halvings of a coarse step that a grid may need.
const MAX_HALVINGS: u32 = 20;
/// Most coarse steps within the range, and most extensions on either side.
const MAX_COARSE_STEPS: f64 = 10_000.0;
/// Slack, in coarse steps, for ranges that are a whole number of steps up to rounding.
const STEP_SLACK: f64 = 1e-9;

/// The specification of a [`LrGrid`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LrGridSpec {
    /// Smallest learning rate of the coarse grid, at index 0; positive.
    pub lr_min: f64,
    /// Upper end of the coarse grid; the last coarse point is the largest that does not exceed it.
    pub lr_max: f64,
    /// Ratio of neighbouring coarse learning rates; at least 1.001.
    pub coarse_factor: f64,
    /// Largest acceptable ratio of neighbouring fine learning rates; above 1. The search refines
    /// until the points next to the optimum are at most this far from it.
    pub bracket_factor: f64,
    /// Number of coarse steps that the search may go beyond each end of the range.
    pub max_extensions: u32,
}

/// The grid lr(k) = lr_min · coarse_factor^(k / 2^m), for whole k of either sign.
///
/// m, the number of halvings, is the smallest with coarse_factor^(1/2^m) ≤ bracket_factor. Coarse
/// points lie at multiples of 2^m.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LrGridSpec", into = "LrGridSpec")]
pub struct LrGrid {
    spec: LrGridSpec,
    halvings: u32,
    coarse_steps: i64,
}

impl LrGrid {
    /// Builds the grid.
    ///
    /// # Errors
    /// [`StatsError::InvalidParameter`] if a learning rate is not positive and finite, a factor is
    /// not finite or too small, the range holds fewer than two coarse points or more than 10 000
    /// coarse steps, more than 20 halvings would be needed, or an extension leaves the normal
    /// floating-point range.
    pub fn new(spec: LrGridSpec) -> Result<Self, StatsError> {
        check_parameters(&spec)?;
        let coarse_steps = count_coarse_steps(&spec)?;
        let halvings = count_halvings(&spec)?;
        let grid = Self { spec, halvings, coarse_steps };
        grid.check_limits()?;
        Ok(grid)
    }

    /// The specification of the grid.
    pub fn spec(&self) -> &LrGridSpec {
        &self.spec
    }

    /// The learning rate at index `k`.
    ///
    /// It is defined for any `k`, but positive and finite only near [`Self::limits`].
    pub fn lr(&self, k: i64) -> f64 {
        let exponent = k as f64 / self.coarse_stride() as f64;
        self.spec.lr_min * self.spec.coarse_factor.powf(exponent)
    }

    /// The grid with every learning rate multiplied by `factor`; an index stays the same place on it. A factor of 1
    /// changes no bit.
    ///
    /// Whether the learning rates are still normal numbers is left to the caller.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        let LrGridSpec { lr_min, lr_max, .. } = self.spec;
        let spec = LrGridSpec { lr_min: lr_min * factor, lr_max: lr_max * factor, ..self.spec };
        Self { spec, ..*self }
    }

    /// m, the number of times a coarse step is halved.
    pub fn halvings(&self) -> u32 {
        self.halvings
    }

    /// 2^m, the distance of neighbouring coarse points in indices.
    pub fn coarse_stride(&self) -> i64 {
        1 << self.halvings
    }

    /// The coarse points of the range, ascending, before any extension.
    pub fn coarse_indices(&self) -> Vec<i64> {
        (0..=self.coarse_steps).map(|step| step * self.coarse_stride()).collect()
    }

    /// The smallest and the largest index that a search may ask for, extensions included.
    pub fn limits(&self) -> (i64, i64) {
        let reach = i64::from(self.spec.max_extensions);
        let stride = self.coarse_stride();
        (-reach * stride, (self.coarse_steps + reach) * stride)
    }

    fn check_limits(&self) -> Result<(), StatsError> {
        let (lowest, highest) = self.limits();
        let fits = |k| self.lr(k).is_normal();
        require(
            fits(lowest) && fits(highest),
            "max_extensions",
            f64::from(self.spec.max_extensions),
            "small enough that every learning rate is a normal number",
        )
    }
}

impl TryFrom<LrGridSpec> for LrGrid {
    type Error = StatsError;

    fn try_from(spec: LrGridSpec) -> Result<Self, StatsError> {
        Self::new(spec)
    }
}

impl From<LrGrid> for LrGridSpec {
    fn from(grid: LrGrid) -> Self {
        grid.spec
    }
}

fn check_parameters(spec: &LrGridSpec) -> Result<(), StatsError> {
    require(is_positive(spec.lr_min), "lr_min", spec.lr_min, "positive and finite")?;
    require(is_positive(spec.lr_max), "lr_max", spec.lr_max, "positive and finite")?;
    let factor = spec.coarse_factor;
    let usable = factor >= MIN_COARSE_FACTOR && factor.is_finite();
    require(usable, "coarse_factor", factor, "finite and at least 1.001")?;
    let factor = spec.bracket_factor;
    let usable = factor > 1.0 && factor.is_finite();
    require(usable, "bracket_factor", factor, "finite and above 1")?;
    let extensions = f64::from(spec.max_extensions);
    require(extensions <= MAX_COARSE_STEPS, "max_extensions", extensions, "at most 10000")
}

fn count_coarse_steps(spec: &LrGridSpec) -> Result<i64, StatsError> {
    // A difference of logarithms cannot overflow, but the ratio could.
    let steps = (spec.lr_max.ln() - spec.lr_min.ln()) / spec.coarse_factor.ln();
    let steps = (steps + STEP_SLACK).floor();
    require(steps >= 1.0, "lr_max", spec.lr_max, "at least coarse_factor times lr_min")?;
    require(
        steps <= MAX_COARSE_STEPS,
        "coarse_factor",
        spec.coarse_factor,
        "large enough for at most 10000 coarse steps",
    )?;
    Ok(steps as i64)
}

fn count_halvings(spec: &LrGridSpec) -> Result<u32, StatsError> {
    // Compared in logarithms, with slack, so that 4 needs exactly one halving to reach 2.
    let (coarse, bracket) = (spec.coarse_factor.ln(), spec.bracket_factor.ln());
    (0..=MAX_HALVINGS)
        .find(|&m| coarse / f64::from(1u32 << m) <= bracket * (1.0 + STEP_SLACK))
        .ok_or(StatsError::InvalidParameter {
            name: "bracket_factor",
            value: spec.bracket_factor,
            requirement: "reachable from coarse_factor by at most 20 square roots",
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> LrGridSpec {
        LrGridSpec {
            lr_min: 1e-4,
            lr_max: 1e-1,
            coarse_factor: 10.0,
            bracket_factor: 2.0,
            max_extensions: 2,
        }
    }

    #[test]
    fn a_decade_needs_two_halvings_to_get_under_a_factor_of_two() {
        let grid = LrGrid::new(spec()).unwrap();
        assert_eq!(grid.halvings(), 2);
        assert_eq!(grid.coarse_indices(), [0, 4, 8, 12]);
        assert_eq!(grid.limits(), (-8, 20));
        approx::assert_relative_eq!(grid.lr(1) / grid.lr(0), 10f64.powf(0.25));
        approx::assert_relative_eq!(grid.lr(12), 1e-1, max_relative = 1e-14);
        approx::assert_relative_eq!(grid.lr(-4), 1e-5, max_relative = 1e-14);
    }

    #[test]
    fn a_multiple_of_a_grid_has_the_same_places() {
        let grid = LrGrid::new(spec()).unwrap();
        assert_eq!(grid.times(1.0), grid);
        // 10^-4 · 0.3 to 10^-1 · 0.3 holds one step less if it is counted anew with rounding.
        for factor in [0.3, 1.0 / 64f64.sqrt(), 8f64.powf(-0.75)] {
            let scaled = grid.times(factor);
            assert_eq!(scaled.coarse_indices(), grid.coarse_indices());
            assert_eq!(scaled.limits(), grid.limits());
            for k in [-8, 0, 1, 12, 20] {
                approx::assert_relative_eq!(
                    scaled.lr(k),
                    factor * grid.lr(k),
                    max_relative = 1e-15
                );
            }
        }
    }

    #[test]
    fn exact_roots_are_not_halved_once_too_often() {
        let halvings = |coarse_factor, bracket_factor| {
            LrGrid::new(LrGridSpec { coarse_factor, bracket_factor, ..spec() }).unwrap().halvings()
        };
        assert_eq!(halvings(4.0, 2.0), 1);
        assert_eq!(halvings(4.0, 2f64.sqrt()), 2);
        assert_eq!(halvings(2.0, 2.0), 0);
        assert_eq!(halvings(2.0, 3.0), 0);
    }

    #[test]
    fn the_last_coarse_point_does_not_exceed_the_range() {
        let grid = LrGrid::new(LrGridSpec { lr_max: 0.09, ..spec() }).unwrap();
        assert_eq!(grid.coarse_indices(), [0, 4, 8]);
    }

    #[test]
    fn rejects_what_makes_no_grid() {
        let bad = [
            LrGridSpec { lr_min: 0.0, ..spec() },
            LrGridSpec { lr_min: f64::NAN, ..spec() },
            LrGridSpec { lr_max: f64::INFINITY, ..spec() },
            LrGridSpec { lr_max: 5e-4, ..spec() },
            LrGridSpec { coarse_factor: 1.0, ..spec() },
            LrGridSpec { coarse_factor: 1.0 + 1e-12, ..spec() },
            LrGridSpec { bracket_factor: 0.5, ..spec() },
            LrGridSpec { bracket_factor: 1.0 + 1e-12, ..spec() },
            LrGridSpec { max_extensions: u32::MAX, ..spec() },
            LrGridSpec { max_extensions: 400, ..spec() },
        ];
        for spec in bad {
            let error = LrGrid::new(spec).unwrap_err();
            assert!(matches!(error, StatsError::InvalidParameter { .. }), "{spec:?}: {error}");
        }
    }
}
