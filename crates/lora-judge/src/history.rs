//! The rows of one run: which of them counts, and what becomes of the others.

use std::collections::{BTreeMap, BTreeSet};

use lora_types::Init;

use crate::error::{JudgeError, TableFault};
use crate::measurement::{Label, Measurement};
use crate::seen::Seen;
use crate::table::Table;

/// What became of rows that are no run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) repeated: Seen,
    pub(crate) replaced: Seen,
    pub(crate) earlier_steps: usize,
    /// Rows of a history without a loss.
    pub(crate) silent: Seen,
}

/// The measurement of a run: that of the last step, and of several rows of a step the last one. Z_B counts with its
/// largest value over the steps. Nothing of no rows.
///
/// In a table with steps, a row without a loss says nothing of it, if another row of the run does.
pub(crate) fn last(rows: Vec<Measurement>, tally: &mut Tally) -> Option<Measurement> {
    let logged = rows.iter().any(|row| row.logged);
    let silent = |row: &Measurement| row.step.is_some() && logged && !row.logged;
    let peak = rows.iter().filter(|row| row.step.is_some()).filter_map(|row| row.peak_zb);
    let peak = peak.reduce(f64::max);
    let left = rows.iter().any(|row| row.step.is_some() && row.zb_left);
    let marked = rows.iter().filter(|row| row.marked).find_map(|row| row.diverged);
    let mut kept: Option<Measurement> = None;
    for row in rows {
        if silent(&row) {
            tally.silent.add(row.place);
            continue;
        }
        let Some(before) = &mut kept else {
            kept = Some(row);
            continue;
        };
        if row.step == before.step && same(&row, before) {
            tally.repeated.add(row.place);
        } else if row.step == before.step {
            tally.replaced.add(before.place);
            *before = row;
        } else {
            tally.earlier_steps += 1;
            if row.step > before.step {
                *before = row;
            }
        }
    }
    let mut run = kept?;
    if run.step.is_some() {
        run.peak_zb = peak.filter(|_| !left);
        if marked.is_some() {
            (run.diverged, run.score, run.marked) = (marked, None, true);
        }
    }
    Some(run)
}

/// Whether two rows of a run say the same.
pub(crate) fn same(one: &Measurement, other: &Measurement) -> bool {
    let bits = |x: Option<f64>| x.map(f64::to_bits);
    bits(one.score) == bits(other.score) && bits(one.peak_zb) == bits(other.peak_zb)
}

/// What one run has, without its learning rate: setting, init, width, seed and what tells it from others.
type Identity<'a> = (&'a Label, Init, usize, Option<u64>, Option<&'a str>);

/// Refuses a table in which the learning rate of a run changes from step to step: that is a schedule, and judging
/// it would take the steps of one run for many runs. `column` is that of the learning rates.
///
/// A run is one value of the column of run ids. Without one, rows of one setting, width and seed are a run or runs of
/// a schedule if no learning rate has a history of its own.
pub(crate) fn check_rates(
    table: &Table,
    rows: &[Measurement],
    column: &str,
) -> Result<(), JudgeError> {
    let mut runs: BTreeMap<Identity, Vec<&Measurement>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.step.is_some()) {
        let identity = (&row.label, row.init, row.width, row.seed, row.run.as_deref());
        runs.entry(identity).or_default().push(row);
    }
    let changing = runs.into_values().find(|rows| is_schedule(rows));
    let Some(first) = changing.and_then(|rows| rows.first().copied()) else { return Ok(()) };
    let column = column.to_owned();
    Err(table.fault(TableFault::LrChanges { place: first.place, column }))
}

fn is_schedule(rows: &[&Measurement]) -> bool {
    let mut by_step: BTreeMap<Option<u64>, BTreeSet<u64>> = BTreeMap::new();
    let mut by_rate: BTreeMap<u64, BTreeSet<Option<u64>>> = BTreeMap::new();
    for row in rows {
        by_step.entry(row.step).or_default().insert(row.lr.to_bits());
        by_rate.entry(row.lr.to_bits()).or_default().insert(row.step);
    }
    let known = rows.first().is_some_and(|row| row.run.is_some());
    // Two runs that stopped at two steps may look like one run with two learning rates.
    if by_rate.len() < 2 || by_step.len() < if known { 2 } else { 3 } {
        return false;
    }
    let rates = by_step.values().map(BTreeSet::len);
    let at_once: BTreeSet<usize> = rates.collect();
    let alone = at_once == BTreeSet::from([1]);
    let each_once = at_once.len() == 1 && by_rate.values().all(|steps| steps.len() == 1);
    alone || (each_once && !known)
}
