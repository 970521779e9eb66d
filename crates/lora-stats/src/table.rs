//! Logarithms of values by seed and width, without the widths at which some seed has no value.

use crate::error::{StatsError, ln_positive};
use crate::fit::{LineFit, check_increasing, fit_line, logarithms};
use crate::interval::mean_over;

/// Logarithms of the complete widths and of the values there.
pub(crate) struct LogTable {
    /// The complete widths, ascending.
    pub(crate) widths: Vec<f64>,
    /// The widths at which some seed has no value, ascending.
    pub(crate) excluded: Vec<f64>,
    pub(crate) ln_widths: Vec<f64>,
    /// By seed, then by complete width.
    pub(crate) ln_values: Vec<Vec<f64>>,
}

impl LogTable {
    pub(crate) fn new(widths: &[f64], values: &[Vec<Option<f64>>]) -> Result<Self, StatsError> {
        check_increasing(&logarithms("width", widths)?)?;
        check_shape(widths, values)?;
        let complete = |&column: &usize| values.iter().all(|seed| seed[column].is_some());
        let (used, excluded): (Vec<usize>, Vec<usize>) = (0..widths.len()).partition(complete);
        if used.len() < 2 {
            let what = "widths at which every seed has a value";
            return Err(StatsError::TooFew { what, needed: 2, found: used.len() });
        }
        let pick = |columns: &[usize]| columns.iter().map(|&column| widths[column]).collect();
        let used_widths: Vec<f64> = pick(&used);
        Ok(Self {
            ln_widths: logarithms("width", &used_widths)?,
            ln_values: values.iter().map(|seed| ln_known(seed, &used)).collect::<Result<_, _>>()?,
            widths: used_widths,
            excluded: pick(&excluded),
        })
    }

    /// The table without its `dropped` narrowest complete widths.
    pub(crate) fn without_narrowest(&self, dropped: usize) -> Self {
        Self {
            widths: self.widths[dropped..].to_vec(),
            excluded: self.excluded.clone(),
            ln_widths: self.ln_widths[dropped..].to_vec(),
            ln_values: self.ln_values.iter().map(|seed| seed[dropped..].to_vec()).collect(),
        }
    }

    /// S, the number of seeds.
    pub(crate) fn seeds(&self) -> usize {
        self.ln_values.len()
    }

    /// ln of the geometric mean over `seeds` at one width.
    pub(crate) fn mean_ln_value(&self, seeds: &[usize], width: usize) -> f64 {
        mean_over(seeds, |seed| self.ln_values[seed][width])
    }

    /// The line through the means over `seeds`.
    pub(crate) fn line(&self, seeds: &[usize]) -> Result<LineFit, StatsError> {
        let means: Vec<f64> =
            (0..self.widths.len()).map(|width| self.mean_ln_value(seeds, width)).collect();
        fit_line(&self.ln_widths, &means)
    }
}

fn check_shape(widths: &[f64], values: &[Vec<Option<f64>>]) -> Result<(), StatsError> {
    if values.is_empty() {
        return Err(StatsError::TooFew { what: "seeds", needed: 1, found: 0 });
    }
    match values.iter().find(|seed| seed.len() != widths.len()) {
        None => Ok(()),
        Some(seed) => Err(StatsError::LengthMismatch {
            what: "values of a seed, one for each width",
            expected: widths.len(),
            found: seed.len(),
        }),
    }
}

/// Logarithms of a seed's values at the `used` widths.
fn ln_known(seed: &[Option<f64>], used: &[usize]) -> Result<Vec<f64>, StatsError> {
    // A missing value would fail as NaN, but `used` names complete widths only.
    used.iter()
        .map(|&column| ln_positive("value", column, seed[column].unwrap_or(f64::NAN)))
        .collect()
}
