//! A fit from a table of local slopes, without the values of each seed.
//!
//! Such a table holds the slope between every two neighbouring x with its interval over seeds, and the
//! fitted exponents with their intervals. The means follow from it up to a constant. The table does
//! not hold the correlations of the errors at different x, so the shape is tested as if they were
//! independent: the variance of each mean is half the mean of the variances of the differences to its
//! neighbours. The slope between the two widest x keeps the interval that it has in the table.

use crate::error::{StatsError, require};
use crate::exponent::{ExponentFit, LocalSlope};
use crate::fit::{check_increasing, logarithms};
use crate::interval::{DEFAULT_LEVEL, Interval, check, t_quantile};
use crate::scaling::{Corrected, POWER, ScalingFit, WidthRule, bends};
use crate::shape::{Contrast, Feature, Shape, contrasts};
use crate::weights::{slope_weights, weighted};
use crate::wide_end::WideEnd;

/// An exponent with its 95% interval, from a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tabulated {
    /// The exponent.
    pub exponent: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// One fit from the tables of a verification.
#[derive(Debug, Clone, PartialEq)]
pub struct Summarised {
    /// S, the number of seeds; at least two.
    pub seeds: usize,
    /// The exponents between neighbouring x, ascending and without gaps, all with intervals.
    pub slopes: Vec<LocalSlope>,
    /// The fit over all x.
    pub all: Tabulated,
    /// The fit over the x that the rule chose when the table was written, and their number.
    pub chosen: (Tabulated, usize),
    /// The fit with the leading correction, if there is one.
    pub corrected: Option<Tabulated>,
}

impl Summarised {
    /// The fit for [`crate::decide_exponent`]. If today's rule chooses the same x as the table, the
    /// exponent and its interval are those of the table.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] for fewer than two seeds or slopes, or an interval that is missing;
    /// else as [`crate::scaling_over_seeds`].
    pub fn fit(&self, rule: &WidthRule) -> Result<ScalingFit, StatsError> {
        let means = Means::of(self)?;
        let count = means.ln_x.len();
        let mut dropped = 0;
        while count - dropped > rule.min_points && bends(&self.shape(&means, dropped)?) {
            dropped += 1;
        }
        let (table, points) = self.chosen;
        let line = match dropped {
            0 => self.all,
            _ if count - dropped == points => table,
            _ => means.line(dropped),
        };
        let shape = self.shape(&means, dropped)?;
        let bent = if bends(&shape) { Some(self.shape(&means, 0)?) } else { None };
        Ok(ScalingFit {
            chosen: self.exponent(&means, dropped, line),
            all: self.exponent(&means, 0, self.all),
            corrected: self.corrected.map(|corrected| Corrected {
                exponent: self.interval(corrected),
                amplitude: self.interval(Tabulated { exponent: 0.0, lower: 0.0, upper: 0.0 }),
                power: POWER,
            }),
            smallest: means.x[dropped],
            shape,
            bent,
            wide_end: self.wide_end(&means)?,
        })
    }

    fn shape(&self, means: &Means, dropped: usize) -> Result<Shape, StatsError> {
        let (ln_x, ln_q) = (&means.ln_x[dropped..], &means.ln_q[dropped..]);
        let departure = |contrast: Contrast| {
            let error = match contrast.feature {
                Feature::WideEnd(2) => means.last_against_line(dropped),
                _ => means.error(&contrast.weights, dropped),
            };
            contrast.departure(contrast.value(ln_q), error, self.seeds)
        };
        Ok(Shape { departures: contrasts(ln_x)?.into_iter().map(departure).collect() })
    }

    fn wide_end(&self, means: &Means) -> Result<WideEnd, StatsError> {
        let (count, few) =
            (means.ln_x.len(), StatsError::TooFew { what: "slopes", needed: 1, found: 0 });
        let last = self.slopes.last().ok_or(few)?;
        let before = self.slopes.iter().rev().nth(1);
        let tail = count.saturating_sub(3);
        let turn = before.map(|before| {
            let width = |slope: &LocalSlope| {
                slope.lower.zip(slope.upper).map_or(0.0, |(lower, upper)| 0.5 * (upper - lower))
            };
            let (value, reach) = (last.slope - before.slope, width(last).hypot(width(before)));
            self.interval(Tabulated { exponent: value, lower: value - reach, upper: value + reach })
        });
        Ok(WideEnd {
            last: self.interval(Tabulated {
                exponent: last.slope,
                lower: last.lower.unwrap_or(f64::NEG_INFINITY),
                upper: last.upper.unwrap_or(f64::INFINITY),
            }),
            three: self.interval(means.line(tail)),
            turn,
        })
    }

    fn exponent(&self, means: &Means, dropped: usize, line: Tabulated) -> ExponentFit {
        let interval = self.interval(line);
        let weights = slope_weights(&means.ln_x[dropped..]);
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let slope = weighted(&weights, &means.ln_q[dropped..]);
        ExponentFit {
            exponent: line.exponent,
            lower: interval.lower,
            upper: interval.upper,
            standard_error: interval.standard_error,
            // The means are known up to a constant.
            intercept: mean(&means.ln_q[dropped..]) - slope * mean(&means.ln_x[dropped..]),
            residual_sd: None,
            r_squared: None,
            widths_used: means.x[dropped..].to_vec(),
            excluded_widths: Vec::new(),
            seeds_used: self.seeds,
            level: DEFAULT_LEVEL,
            local_slopes: self.slopes[dropped..].to_vec(),
        }
    }

    fn interval(&self, table: Tabulated) -> Interval {
        let reach = 0.5 * (table.upper - table.lower);
        Interval {
            estimate: table.exponent,
            lower: Some(table.lower),
            upper: Some(table.upper),
            standard_error: Some(reach / t_quantile(self.seeds - 1, DEFAULT_LEVEL)),
            undefined_share: 0.0,
            level: DEFAULT_LEVEL,
            seeds: self.seeds,
        }
    }
}

/// Means of ln q up to a constant, and the variances of their errors.
struct Means {
    x: Vec<f64>,
    ln_x: Vec<f64>,
    ln_q: Vec<f64>,
    variances: Vec<f64>,
    /// Standard error of the slope between the two widest x.
    last: f64,
    quantile: f64,
}

impl Means {
    fn of(summary: &Summarised) -> Result<Self, StatsError> {
        let (seeds, slopes) = (summary.seeds, &summary.slopes);
        let few = |what, found| Err(StatsError::TooFew { what, needed: 2, found });
        if seeds < 2 {
            return few("seeds", seeds);
        }
        if slopes.len() < 2 {
            return few("slopes", slopes.len());
        }
        check(seeds, DEFAULT_LEVEL)?;
        let quantile = t_quantile(seeds - 1, DEFAULT_LEVEL);
        let mut x = vec![slopes[0].from];
        x.extend(slopes.iter().map(|slope| slope.to));
        let ln_x = logarithms("width", &x)?;
        check_increasing(&ln_x)?;
        let (mut ln_q, mut rises) = (vec![0.0], Vec::new());
        for (slope, pair) in slopes.iter().zip(ln_x.windows(2)) {
            let run = pair[1] - pair[0];
            let Some((lower, upper)) = slope.lower.zip(slope.upper) else {
                return few("ends of the interval of a slope", 0);
            };
            let known = lower <= slope.slope && slope.slope <= upper && (upper - lower).is_finite();
            require(known, "a slope", slope.slope, "within its interval")?;
            ln_q.push(ln_q[ln_q.len() - 1] + slope.slope * run);
            rises.push((0.5 * (upper - lower) / quantile * run).powi(2));
        }
        let half = |at: Option<&f64>| at.map(|rise| 0.5 * rise);
        let variance = |i: usize| {
            let beside = [i.checked_sub(1).and_then(|i| half(rises.get(i))), half(rises.get(i))];
            let known: Vec<f64> = beside.into_iter().flatten().collect();
            known.iter().sum::<f64>() / known.len() as f64
        };
        let variances = (0..x.len()).map(variance).collect();
        let run = ln_x[ln_x.len() - 1] - ln_x[ln_x.len() - 2];
        let last = rises[rises.len() - 1].sqrt() / run;
        Ok(Self { x, ln_x, ln_q, variances, last, quantile })
    }

    /// Standard error of a weighted sum of the means from number `from` on.
    fn error(&self, weights: &[f64], from: usize) -> f64 {
        let squares = weights.iter().zip(&self.variances[from..]).map(|(w, v)| w * w * v);
        squares.sum::<f64>().sqrt()
    }

    /// Standard error of the last slope less that of the line from number `from` on.
    fn last_against_line(&self, from: usize) -> f64 {
        self.last.hypot(self.error(&slope_weights(&self.ln_x[from..]), from))
    }

    /// The line from number `from` on.
    fn line(&self, from: usize) -> Tabulated {
        let weights = slope_weights(&self.ln_x[from..]);
        let exponent = weighted(&weights, &self.ln_q[from..]);
        let reach = self.quantile * self.error(&weights, from);
        Tabulated { exponent, lower: exponent - reach, upper: exponent + reach }
    }
}
