//! What the paper says of the two inits, at each width and with verdicts: Init\[A\]'s best learning rate is
//! larger, it ends better at its own best, its Z_A is larger, and it bears larger learning rates.
//!
//! Runs of both inits that share a seed share data, base and the order of batches, so that each statement is
//! about a ratio by seed. Its logarithm has a t interval over seeds; the statement holds where the interval lies
//! above 0, is refuted where it lies at or below 0, and is undecided otherwise.

mod answers;
mod statement;
mod value;

pub use answers::{Answers, more_right};
pub use statement::{Bound, LogRatio, Statement};

use lora_experiment::experiment::Experiment;
use lora_sim::spec::Init;
use lora_stats::{DEFAULT_LEVEL, Decision, Interval, Verdict, decide_interval, mean_interval};

use value::Pair;

use crate::readings::{Reading, Readings};
use crate::summary::StatementSummary;

/// Why inits are not compared by the learning rates that both tried.
const OWN_GRIDS: &str = "the inits have grids of their own: search.lr_exponent";

/// All statements at all widths at which both inits were trained, by width.
pub fn statements(readings: &Readings, widths: &[usize]) -> Vec<StatementSummary> {
    statements_about(readings, widths, (Init::A, Init::B))
}

/// The same of an experiment, whose inits may have a γ each and so no learning rates in common, except by accident.
pub fn statements_of(readings: &Readings, experiment: &Experiment) -> Vec<StatementSummary> {
    let own_grids = |width: usize| {
        let [a, b] = [Init::A, Init::B].map(|init| experiment.lr_factor(init, width));
        a != b
    };
    let mut all = statements(readings, &experiment.model.widths);
    let needs_common = |of: &&mut StatementSummary| of.statement == Statement::BearsMore.id();
    for of in all.iter_mut().filter(needs_common).filter(|of| own_grids(of.width)) {
        (of.ratio, of.bound, of.lower, of.upper) = (None, None, None, None);
        (of.verdict, of.why) = (Verdict::Undecided, OWN_GRIDS.to_owned());
    }
    all
}

/// The same with other inits in the places of Init\[A\] and Init\[B\]: swapped, what held is refuted.
fn statements_about(
    readings: &Readings,
    widths: &[usize],
    (first, second): (Init, Init),
) -> Vec<StatementSummary> {
    let mut all = Vec::new();
    for &width in widths {
        let of = |init| readings.get(&(init, width)).map_or(&[][..], Vec::as_slice);
        let pairs = pairs(of(first), of(second));
        if !pairs.is_empty() {
            all.extend(Statement::ALL.map(|statement| judge(statement, width, &pairs)));
        }
    }
    all
}

fn pairs<'a>(first: &'a [Reading<'a>], second: &'a [Reading<'a>]) -> Vec<Pair<'a>> {
    let with = |of: &'a Reading<'a>| {
        let other = second.iter().find(|other| other.seed == of.seed)?;
        Some([of, other])
    };
    first.iter().filter_map(with).collect()
}

fn judge(statement: Statement, width: usize, pairs: &[Pair]) -> StatementSummary {
    let of = |pair: &Pair| {
        statement.log_ratio(pair).map_err(|why| format!("seed {}: {why}", pair[0].seed))
    };
    let found: Result<Vec<LogRatio>, String> = pairs.iter().map(of).collect();
    let found = found.and_then(|ratios| Ok((common_bound(&ratios)?, ratios)));
    let (bound, (interval, decision)) = match found {
        Err(why) => (None, (None, Decision::unmeasured(why))),
        Ok((bound, ratios)) => {
            let logs: Vec<f64> = ratios.iter().map(|ratio| ratio.log).collect();
            (bound, decided(&logs, bound))
        }
    };
    let end = |end: fn(&Interval) -> Option<f64>| interval.as_ref().and_then(end).map(f64::exp);
    StatementSummary {
        width,
        statement: statement.id().to_owned(),
        says: statement.says().to_owned(),
        ratio: end(|interval| Some(interval.estimate)),
        bound,
        lower: end(|interval| interval.lower),
        upper: end(|interval| interval.upper),
        seeds: pairs.len(),
        verdict: decision.verdict,
        why: decision.reason,
    }
}

/// The bound that a mean of ratios is, where some of them are bounds.
fn common_bound(ratios: &[LogRatio]) -> Result<Option<Bound>, String> {
    let has = |bound: Bound| ratios.iter().any(|ratio| ratio.bound == Some(bound));
    match [has(Bound::AtLeast), has(Bound::AtMost)] {
        [true, true] => Err("each init has seeds at which no LR was too large for it".to_owned()),
        [true, false] => Ok(Some(Bound::AtLeast)),
        [false, true] => Ok(Some(Bound::AtMost)),
        [false, false] => Ok(None),
    }
}

/// The mean of logarithms of ratios, and whether it is above 0.
fn decided(logs: &[f64], bound: Option<Bound>) -> (Option<Interval>, Decision) {
    match mean_interval(logs, DEFAULT_LEVEL) {
        Err(error) => (None, Decision::unmeasured(error.to_string())),
        Ok(interval) => {
            let decision = decide_interval(&interval, above_zero());
            let beyond = match bound {
                Some(Bound::AtLeast) => decision.verdict != Verdict::Holds,
                Some(Bound::AtMost) => decision.verdict != Verdict::Refuted,
                None => false,
            };
            let decision = match beyond {
                true => Decision::unmeasured("the ratio is known to be beyond this number alone"),
                false => decision,
            };
            (Some(interval), decision)
        }
    }
}

/// Seeds that all have the ratio 1, as on a coarse grid, refute a statement that one number is larger.
fn above_zero() -> (Option<f64>, Option<f64>) {
    (Some(f64::MIN_POSITIVE), None)
}

#[cfg(test)]
mod tests;
