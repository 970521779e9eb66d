//! The local slope at the widest x, and where it is heading.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::StatsError;
use crate::interval::{Interval, mean_interval};
use crate::table::LogTable;
use crate::weights::{slope_weights, weighted};

/// Slopes over the widest x, each with its interval over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WideEnd {
    /// Over the two widest.
    pub last: Interval,
    /// Over the three widest, or over two if there are no more.
    pub three: Interval,
    /// `last` minus the slope between the second and third widest x; `None` if there are only two x.
    pub turn: Option<Interval>,
}

impl WideEnd {
    pub(crate) fn of(table: &LogTable, level: f64) -> Result<Self, StatsError> {
        let count = table.ln_widths.len();
        let slope = |from: usize, to: usize| {
            let mut weights = vec![0.0; count];
            weights[from..to].copy_from_slice(&slope_weights(&table.ln_widths[from..to]));
            weights
        };
        let last = slope(count - 2, count);
        let turn = (count > 2).then(|| {
            let before = slope(count - 3, count - 1);
            last.iter().zip(before).map(|(last, before)| last - before).collect::<Vec<f64>>()
        });
        Ok(Self {
            last: interval(table, level, &last)?,
            three: interval(table, level, &slope(count.saturating_sub(3), count))?,
            turn: turn.map(|weights| interval(table, level, &weights)).transpose()?,
        })
    }

    /// Where the local slope is heading; `None` for a single seed.
    pub fn heading(&self) -> Option<Heading> {
        let trend = match self.turn.and_then(|turn| turn.lower.zip(turn.upper)) {
            Some((lower, _)) if lower > 0.0 => Trend::Rising,
            Some((_, upper)) if upper < 0.0 => Trend::Falling,
            _ => Trend::Level,
        };
        let (lower, upper) = self.last.lower.zip(self.last.upper)?;
        Some(Heading { slope: self.last.estimate, lower, upper, trend })
    }
}

/// A weighted sum of each seed's ln values, averaged over seeds.
fn interval(table: &LogTable, level: f64, weights: &[f64]) -> Result<Interval, StatsError> {
    let own: Vec<f64> = table.ln_values.iter().map(|values| weighted(weights, values)).collect();
    mean_interval(&own, level)
}

/// The local slope at the widest x and how it moves. If the slope has settled, the interval covers the
/// exponent of the limit x → ∞ with the probability of its level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Heading {
    /// The slope between the two widest x.
    pub slope: f64,
    /// Lower end of its interval.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// How it moves.
    pub trend: Trend,
}

/// How the local slope at the widest x moves, compared with the slope before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// It grows: the interval of the difference lies above 0.
    Rising,
    /// It falls.
    Falling,
    /// The interval of the difference contains 0.
    Level,
}

impl fmt::Display for Heading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slope, lower, upper, trend } = self;
        let trend = match trend {
            Trend::Rising => ", and still rises",
            Trend::Falling => ", and still falls",
            Trend::Level => "",
        };
        write!(
            f,
            "at the widest points the local slope is {slope:.2} [{lower:.2}, {upper:.2}]{trend}"
        )
    }
}
