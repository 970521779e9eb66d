//! The exponent of a table of numbers by seed and width.

use lora_analysis::analysis::exponent_summary;
use lora_analysis::summary::ExponentSummary;
use lora_experiment::prediction::Predicted;
use lora_stats::{DEFAULT_LEVEL, fit_line, scatter_interval};

use crate::run::{MeasuredRun, Table};

/// The exponent with its interval over seeds. Where all seeds share the base of each width, bases scatter about the line
/// and seeds do not show it: the interval is then that from this scatter where it is the wider one, and the points are
/// never said to lie on no power law.
pub(crate) fn fitted(run: &MeasuredRun, table: &Table) -> ExponentSummary {
    let none = Predicted::nothing("it is made beside the fit");
    let fit = exponent_summary(run.widths(), table, &none);
    if !run.shares_bases() {
        return fit;
    }
    let scattered = scatter(run.widths(), table);
    let wider = |own: Option<f64>, other: Option<f64>, pick: fn(f64, f64) -> f64| {
        own.map(|own| other.map_or(own, |other| pick(own, other)))
    };
    let (lower, upper) = scattered.unzip();
    ExponentSummary {
        lower: wider(fit.lower, lower, f64::min),
        upper: wider(fit.upper, upper, f64::max),
        not_a_power_law: None,
        ..fit
    }
}

/// The interval of the slope through the means over seeds of the logarithms, at the widths where every seed has a value.
fn scatter(widths: &[usize], table: &Table) -> Option<(f64, f64)> {
    let mean = |column: usize| -> Option<f64> {
        let logs = table.iter().map(|seed| seed[column].map(f64::ln));
        Some(logs.sum::<Option<f64>>()? / table.len() as f64)
    };
    let points = widths.iter().enumerate();
    let (x, y): (Vec<f64>, Vec<f64>) =
        points.filter_map(|(at, &width)| Some(((width as f64).ln(), mean(at)?))).unzip();
    scatter_interval(&fit_line(&x, &y).ok()?, DEFAULT_LEVEL)
}
