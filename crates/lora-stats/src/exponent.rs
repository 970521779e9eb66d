//! Width exponents over seeds.

use serde::{Deserialize, Serialize};

use crate::error::StatsError;
use crate::interval::{Interval, seed_interval};
use crate::table::LogTable;

/// γ in lr = e^c · n^γ over all usable widths, and locally.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExponentFit {
    /// γ, the slope of ln lr against ln n.
    pub exponent: f64,
    /// Lower end of the interval over seeds; `None` for a single seed.
    pub lower: Option<f64>,
    /// Upper end, present when `lower` is.
    pub upper: Option<f64>,
    /// Standard error of γ over seeds, present when `lower` is.
    pub standard_error: Option<f64>,
    /// c, the natural logarithm of the learning rate extrapolated to width 1.
    pub intercept: f64,
    /// Residual standard deviation of ln lr about the line; `None` for two widths. If it is much larger
    /// than the scatter over seeds explains, no single exponent describes these widths.
    pub residual_sd: Option<f64>,
    /// R² of the line; `None` if the learning rate is the same at all widths.
    pub r_squared: Option<f64>,
    /// The widths fitted, ascending.
    pub widths_used: Vec<f64>,
    /// The widths left out because some seed has no value there, ascending.
    pub excluded_widths: Vec<f64>,
    /// S, the number of seeds, all of them used at all fitted widths.
    pub seeds_used: usize,
    /// Nominal coverage of the intervals.
    pub level: f64,
    /// The exponent between each two neighbouring fitted widths.
    pub local_slopes: Vec<LocalSlope>,
}

/// The exponent between two widths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LocalSlope {
    /// The smaller width.
    pub from: f64,
    /// The larger width.
    pub to: f64,
    /// ln(lr′ / lr) / ln(to / from).
    pub slope: f64,
    /// Lower end of the interval over seeds; `None` for a single seed.
    pub lower: Option<f64>,
    /// Upper end, present when `lower` is.
    pub upper: Option<f64>,
}

/// Fits the width exponent of a learning rate to `lrs[seed][width]`, with intervals at `level`.
///
/// The point at each width is the geometric mean over seeds. Resampling draws whole seeds, with their
/// values at all widths, so it keeps the correlation of a seed's errors at different widths.
///
/// `None` marks an unknown value, such as an optimum that is not bracketed. A width at which any seed
/// has no value is left out of the fit and listed in `excluded_widths`: the other seeds alone would be
/// biased there, because the missing optimum lies beyond an edge.
///
/// `lrs` may hold any positive quantity. The difference of two exponents with paired seeds is the
/// exponent of the ratio of the two quantities.
///
/// # Errors
/// [`StatsError::TooFew`] for no seeds or fewer than two complete widths;
/// [`StatsError::LengthMismatch`] if a seed's list is not as long as `widths`;
/// [`StatsError::WidthsNotIncreasing`]; [`StatsError::NotPositive`] for a width or learning rate
/// without a logarithm; else as [`seed_interval`].
pub fn exponent_over_seeds(
    widths: &[f64],
    lrs: &[Vec<Option<f64>>],
    level: f64,
) -> Result<ExponentFit, StatsError> {
    ExponentFit::of(&LogTable::new(widths, lrs)?, level)
}

impl ExponentFit {
    /// The fit to all widths of a table.
    pub(crate) fn of(table: &LogTable, level: f64) -> Result<Self, StatsError> {
        let seeds = table.seeds();
        let line = table.line(&(0..seeds).collect::<Vec<_>>())?;
        let slope = |seeds: &[usize]| table.line(seeds).ok().map(|line| line.slope);
        let Interval { estimate, lower, upper, standard_error, .. } =
            seed_interval(seeds, level, slope)?;
        Ok(Self {
            exponent: estimate,
            lower,
            upper,
            standard_error,
            intercept: line.intercept,
            residual_sd: line.residual_sd,
            r_squared: line.r_squared,
            widths_used: table.widths.clone(),
            excluded_widths: table.excluded.clone(),
            seeds_used: seeds,
            level,
            local_slopes: (1..table.widths.len())
                .map(|width| local_slope(table, level, width))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// The slope between width number `width` and the one before.
fn local_slope(table: &LogTable, level: f64, width: usize) -> Result<LocalSlope, StatsError> {
    let run = table.ln_widths[width] - table.ln_widths[width - 1];
    let slope = |seeds: &[usize]| {
        let rise = table.mean_ln_value(seeds, width) - table.mean_ln_value(seeds, width - 1);
        Some(rise / run)
    };
    let interval = seed_interval(table.seeds(), level, slope)?;
    Ok(LocalSlope {
        from: table.widths[width - 1],
        to: table.widths[width],
        slope: interval.estimate,
        lower: interval.lower,
        upper: interval.upper,
    })
}
