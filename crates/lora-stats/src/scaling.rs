//! Finite width separated from noise.
//!
//! A law q ∝ n^γ holds as n grows. At finite n the slope of a line through (ln n, ln q) differs from γ,
//! and more seeds do not reduce the difference. Three fits show how large it is: over all widths, over
//! the widths from which on the points are straight, and over all widths with the leading correction
//! in 1/√n.

use serde::{Deserialize, Serialize};

use crate::error::{StatsError, require};
use crate::exponent::ExponentFit;
use crate::interval::{Interval, mean_interval};
use crate::linear::Design;
use crate::shape::Shape;
use crate::table::LogTable;
use crate::wide_end::WideEnd;

/// ω of the leading correction n^-ω. Sums of n independent terms fluctuate by n^-1/2 relative to their
/// limit, which is the slowest correction of random matrices of width n.
pub(crate) const POWER: f64 = 0.5;

/// Fewest widths for a fit with the correction: three coefficients, and two points to spare.
const LEAST_CORRECTED: usize = 5;

/// Level at which the shape is tested. It does not depend on the level of the intervals, so that the
/// chosen widths do not depend on how the result is reported.
const SHAPE_LEVEL: f64 = 0.05;

/// A departure of a local slope from the line's slope that is too small to matter: a fifth of 1/8, the
/// tolerance for exponents that are multiples of 1/4. It moves the slope of a line by much less.
const NEGLIGIBLE_DEPARTURE: f64 = 0.025;

/// The rule that chooses the widths of a fit, fixed before the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WidthRule {
    /// The smallest number of widths that the rule keeps; at least 3.
    pub min_points: usize,
}

impl Default for WidthRule {
    fn default() -> Self {
        Self { min_points: 5 }
    }
}

/// The fit of ln q = c + γ ln x + D x^-ω to the means over seeds at all usable x.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    /// γ, the exponent that remains as x → ∞.
    pub exponent: Interval,
    /// D, the size of the correction.
    pub amplitude: Interval,
    /// ω, which is 1/2.
    pub power: f64,
}

/// An exponent with and without the effects of finite width, and the shape of the points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScalingFit {
    /// The fit over x ≥ `smallest`. Its `excluded_widths` are those at which some seed has no value,
    /// not those that the rule dropped.
    pub chosen: ExponentFit,
    /// The fit over all usable x.
    pub all: ExponentFit,
    /// The fit with the leading correction; `None` with fewer than five usable x.
    pub corrected: Option<Corrected>,
    /// The smallest x in `chosen`.
    pub smallest: f64,
    /// The departures of the points of `chosen` from its line.
    pub shape: Shape,
    /// The departures of all usable points from their line, if the rule had no more widths to drop
    /// before those of `chosen` were straight; else `None`.
    pub bent: Option<Shape>,
    /// The slopes at the widest x of `chosen`.
    pub wide_end: WideEnd,
}

/// Fits the exponent of `values[seed][x]` in x, over all x, over those that the rule chooses, and
/// with the leading correction.
///
/// Conventions and intervals are those of [`crate::exponent_over_seeds`]: a width at which any seed
/// has no value is not usable, seeds are resampled as wholes, and an interval is the estimate
/// ± t(S − 1) · √(S / (S − 1)) · sd_boot.
///
/// # The smallest width
/// Starting from all usable widths, the narrowest is dropped as long as
///
/// 1. more than `rule.min_points` widths are left,
/// 2. a contrast of [`Shape`] differs from 0 at the 5% level, shared among the contrasts, and
/// 3. the departure of a local slope that it amounts to exceeds 0.025.
///
/// Without the third condition, almost noise-free data would lose widths because of a shape that is too
/// small to matter. For a true power law the rule drops a width in at most 5% of studies.
/// The intervals of `chosen` are computed as if its widths had been fixed beforehand, which costs
/// them at most a point of coverage in planted studies (`tests/scaling.rs`).
///
/// A single seed has no interval, so its curvature cannot be distinguished from noise, and all widths
/// are kept.
///
/// # Errors
/// [`StatsError::InvalidParameter`] for fewer than 3 `min_points`; else as
/// [`crate::exponent_over_seeds`].
pub fn scaling_over_seeds(
    xs: &[f64],
    values: &[Vec<Option<f64>>],
    level: f64,
    rule: &WidthRule,
) -> Result<ScalingFit, StatsError> {
    let least = rule.min_points;
    require(least >= 3, "min_points", least as f64, "at least 3")?;
    let table = LogTable::new(xs, values)?;
    let all = ExponentFit::of(&table, level)?;
    let dropped = dropped_widths(&table, rule)?;
    let kept = table.without_narrowest(dropped);
    let chosen = if dropped == 0 { all.clone() } else { ExponentFit::of(&kept, level)? };
    let shape = Shape::of(&kept)?;
    let corrected = (table.widths.len() >= LEAST_CORRECTED).then(|| corrected(&table, level));
    Ok(ScalingFit {
        chosen,
        all,
        corrected: corrected.transpose()?,
        smallest: table.widths[dropped],
        bent: if bends(&shape) { Some(Shape::of(&table)?) } else { None },
        shape,
        wide_end: WideEnd::of(&kept, level)?,
    })
}

/// How many of the narrowest widths the rule drops.
fn dropped_widths(table: &LogTable, rule: &WidthRule) -> Result<usize, StatsError> {
    let mut dropped = 0;
    while table.widths.len() - dropped > rule.min_points
        && bends(&Shape::of(&table.without_narrowest(dropped))?)
    {
        dropped += 1;
    }
    Ok(dropped)
}

/// Whether points depart from their line beyond noise and by a relevant amount.
pub(crate) fn bends(shape: &Shape) -> bool {
    shape.beyond(SHAPE_LEVEL, NEGLIGIBLE_DEPARTURE).is_some()
}

/// 1, ln x and x^-ω.
pub(crate) fn corrected_columns(ln_x: &[f64]) -> [Vec<f64>; 3] {
    let column = |value: fn(f64) -> f64| ln_x.iter().map(|&x| value(x)).collect();
    [column(|_| 1.0), column(|x| x), column(|x| (-POWER * x).exp())]
}

fn corrected(table: &LogTable, level: f64) -> Result<Corrected, StatsError> {
    let columns = corrected_columns(&table.ln_widths);
    Ok(Corrected {
        exponent: coefficient(table, &columns, 1, level)?,
        amplitude: coefficient(table, &columns, 2, level)?,
        power: POWER,
    })
}

/// Coefficient number `wanted` of the fit to the means over seeds, with its interval.
///
/// A coefficient is linear in the values, so that of a mean is the mean of the seeds' own.
fn coefficient(
    table: &LogTable,
    columns: &[Vec<f64>],
    wanted: usize,
    level: f64,
) -> Result<Interval, StatsError> {
    let design = Design::new(columns)?;
    let own = |values: &Vec<f64>| Ok(design.solve(values)?[wanted]);
    let own: Vec<f64> = table.ln_values.iter().map(own).collect::<Result<_, StatsError>>()?;
    mean_interval(&own, level)
}
