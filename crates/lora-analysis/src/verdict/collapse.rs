//! Whether Z_B of all widths falls on one curve: at one η = c n^γ, where Z_B = Θ(n^x), the ratio
//!
//! ```text
//! Z_B(n) n^-x / (Z_B(N) N^-x),     N the widest,
//! ```
//!
//! seeds paired by number, lies within a factor of 1 that is declared beforehand, at every width.

use lora_sim::spec::Init;
use lora_stats::{DEFAULT_LEVEL, Decision, Interval, Verdict, decide_interval, seed_interval};
use lora_theory::approximate;

use crate::AnalysisError;
use crate::verdict::tested::{Tested, planned, unpredicted};
use crate::verdict::values::{Measurements, Values};
use lora_experiment::prediction::Predicted;
use lora_experiment::study::claim::{Claim, Quantity};
use lora_experiment::study::predictions::Predictions;

/// Whether the widths share one curve, at every given rate. What is told is the width that decides: one at
/// which the interval lies outside, else one at which it lies across the edge, else the one that is off by
/// the most.
///
/// # Errors
/// If the plan lacks a prediction.
pub fn collapses(
    claim: &Claim,
    measured: &Measurements,
    predictions: &Predictions,
) -> Result<Vec<Tested>, AnalysisError> {
    let test = |rate: Option<usize>| {
        let rates = rate.and_then(|rate| measured.study.pair(rate));
        let predicted = planned(predictions, claim, Some(Quantity::Zb), rates)?;
        let (interval, decision) = match predicted {
            Predicted::Exponent(x) => {
                let init: Init = claim.measured_init();
                let values = measured.values(init, rate, Quantity::Zb);
                worst(&measured.study.xs(), &values, approximate(*x), claim.within)
            }
            other => (None, unpredicted(other)),
        };
        let (quantity, predicted) = (Some(Quantity::Zb), predicted.exponent());
        Ok(Tested { quantity, predicted, interval, ..Tested::new(claim, measured, rate, decision) })
    };
    measured.study.pair_numbers().into_iter().map(test).collect()
}

/// The interval of ln(ratio) at the width that decides, with the verdict.
fn worst(xs: &[f64], values: &Values, x: f64, within: Option<f64>) -> (Option<Interval>, Decision) {
    let Some((&widest, narrower)) = xs.split_last() else {
        return (None, Decision::unmeasured("there is no width"));
    };
    let edge = within.unwrap_or(1.0).ln();
    let mut all: Vec<(Interval, Decision)> = Vec::new();
    for (place, &n) in narrower.iter().enumerate() {
        let unit = x * (n / widest).ln();
        let log = |row: &Vec<Option<f64>>| {
            Some((row[place]? / row.last().copied().flatten()?).ln() - unit)
        };
        let Some(logs) = values.iter().map(log).collect::<Option<Vec<f64>>>() else {
            return (None, Decision::unmeasured(format!("a seed has no Z_B at {n} or {widest}")));
        };
        let mean = |seeds: &[usize]| {
            Some(seeds.iter().map(|&seed| logs[seed]).sum::<f64>() / seeds.len() as f64)
        };
        let interval = match seed_interval(logs.len(), DEFAULT_LEVEL, mean) {
            Ok(interval) => interval,
            Err(error) => return (None, Decision::unmeasured(format!("no measurement: {error}"))),
        };
        let decided = decide_interval(&interval, (Some(-edge), Some(edge)));
        let reason = format!("at n = {n} beside {widest}, as ln(ratio): {}", decided.reason);
        all.push((interval, Decision { reason, ..decided }));
    }
    let order = |(interval, decision): &(Interval, Decision)| {
        let rank = match decision.verdict {
            Verdict::Refuted => 2,
            Verdict::Holds => 0,
            Verdict::Undecided | Verdict::NotAPowerLaw => 1,
        };
        (rank, interval.estimate.abs())
    };
    let later = |a: &(Interval, Decision), b: &(Interval, Decision)| {
        let ((rank_a, off_a), (rank_b, off_b)) = (order(a), order(b));
        rank_a.cmp(&rank_b).then(off_a.total_cmp(&off_b))
    };
    match all.into_iter().max_by(later) {
        Some((interval, decision)) => (Some(interval), decision),
        None => (None, Decision::unmeasured("one width is no comparison")),
    }
}
