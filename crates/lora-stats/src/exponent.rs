//! Width exponents over seeds.

use serde::{Deserialize, Serialize};

use crate::error::{StatsError, ln_positive};
use crate::fit::{LineFit, check_increasing, fit_line, logarithms};
use crate::interval::{Interval, mean_over, seed_interval};

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
    /// Residual standard deviation of ln lr about the line; `None` for two widths. If it is large
    /// against what seeds explain, no single exponent describes these widths.
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
/// The point at each width is the geometric mean over seeds. Resampling draws whole seeds, with
/// their values at all widths, so an error that a seed makes at all widths alike stays together.
///
/// `None` marks a value that is not known, as an optimum that was not bracketed. A width at which
/// any seed has none is left out of the fit entirely and listed in `excluded_widths`: the other
/// seeds alone would be a biased choice there, since the missing optimum lies beyond an edge.
///
/// Any positive quantity will do in place of a learning rate. The difference of two exponents, with
/// seeds paired, is the exponent of the ratio of the two quantities.
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
    let table = LogTable::new(widths, lrs)?;
    let line = table.line(&(0..lrs.len()).collect::<Vec<_>>())?;
    let slope = |seeds: &[usize]| table.line(seeds).ok().map(|line| line.slope);
    let Interval { estimate, lower, upper, standard_error, .. } =
        seed_interval(lrs.len(), level, slope)?;
    Ok(ExponentFit {
        exponent: estimate,
        lower,
        upper,
        standard_error,
        intercept: line.intercept,
        residual_sd: line.residual_sd,
        r_squared: line.r_squared,
        local_slopes: table.local_slopes(lrs.len(), level)?,
        widths_used: table.widths,
        excluded_widths: table.excluded,
        seeds_used: lrs.len(),
        level,
    })
}

/// Logarithms of the complete widths and of the values there.
struct LogTable {
    widths: Vec<f64>,
    excluded: Vec<f64>,
    ln_widths: Vec<f64>,
    /// By seed, then by complete width.
    ln_lrs: Vec<Vec<f64>>,
}

impl LogTable {
    fn new(widths: &[f64], lrs: &[Vec<Option<f64>>]) -> Result<Self, StatsError> {
        check_increasing(&logarithms("width", widths)?)?;
        check_shape(widths, lrs)?;
        let complete = |&column: &usize| lrs.iter().all(|seed| seed[column].is_some());
        let (used, excluded): (Vec<usize>, Vec<usize>) = (0..widths.len()).partition(complete);
        if used.len() < 2 {
            let what = "widths at which every seed has a value";
            return Err(StatsError::TooFew { what, needed: 2, found: used.len() });
        }
        let pick = |columns: &[usize]| columns.iter().map(|&column| widths[column]).collect();
        let used_widths: Vec<f64> = pick(&used);
        Ok(Self {
            ln_widths: logarithms("width", &used_widths)?,
            ln_lrs: lrs.iter().map(|seed| ln_known(seed, &used)).collect::<Result<_, _>>()?,
            widths: used_widths,
            excluded: pick(&excluded),
        })
    }

    /// ln of the geometric mean over `seeds` at one width.
    fn mean_ln_lr(&self, seeds: &[usize], width: usize) -> f64 {
        mean_over(seeds, |seed| self.ln_lrs[seed][width])
    }

    fn line(&self, seeds: &[usize]) -> Result<LineFit, StatsError> {
        let means: Vec<f64> =
            (0..self.widths.len()).map(|width| self.mean_ln_lr(seeds, width)).collect();
        fit_line(&self.ln_widths, &means)
    }

    fn local_slopes(&self, seeds: usize, level: f64) -> Result<Vec<LocalSlope>, StatsError> {
        (1..self.widths.len()).map(|width| self.local_slope(seeds, level, width)).collect()
    }

    /// The slope between width number `width` and the one before.
    fn local_slope(
        &self,
        seeds: usize,
        level: f64,
        width: usize,
    ) -> Result<LocalSlope, StatsError> {
        let run = self.ln_widths[width] - self.ln_widths[width - 1];
        let slope = |seeds: &[usize]| {
            let rise = self.mean_ln_lr(seeds, width) - self.mean_ln_lr(seeds, width - 1);
            Some(rise / run)
        };
        let interval = seed_interval(seeds, level, slope)?;
        Ok(LocalSlope {
            from: self.widths[width - 1],
            to: self.widths[width],
            slope: interval.estimate,
            lower: interval.lower,
            upper: interval.upper,
        })
    }
}

fn check_shape(widths: &[f64], lrs: &[Vec<Option<f64>>]) -> Result<(), StatsError> {
    if lrs.is_empty() {
        return Err(StatsError::TooFew { what: "seeds", needed: 1, found: 0 });
    }
    match lrs.iter().find(|seed| seed.len() != widths.len()) {
        None => Ok(()),
        Some(seed) => Err(StatsError::LengthMismatch {
            what: "learning rates of a seed, one for each width",
            expected: widths.len(),
            found: seed.len(),
        }),
    }
}

/// Logarithms of a seed's values at the `used` widths.
fn ln_known(seed: &[Option<f64>], used: &[usize]) -> Result<Vec<f64>, StatsError> {
    // A missing value would fail as NaN, but `used` names complete widths only.
    used.iter()
        .map(|&column| ln_positive("learning rate", column, seed[column].unwrap_or(f64::NAN)))
        .collect()
}
