//! Which rows of a table are one run, and what becomes of those that are too many.

use std::collections::BTreeMap;

use lora_types::Init;
use serde::Serialize;

use crate::error::JudgeError;
use crate::history::{Tally, last, same};
use crate::measurement::{Label, Measurement};
use crate::numbering::numbered;
use crate::table::Table;

/// What a table holds, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows of the table.
    pub rows: usize,
    /// Rows of runs that have not finished, which are left out.
    pub unfinished: usize,
    /// Rows with neither a width nor a learning rate, which are left out.
    pub unlabelled: usize,
    /// Rows of earlier steps of runs whose last step counts.
    pub earlier_steps: usize,
    /// Rows without a loss of runs that have one at another step.
    pub without_loss: usize,
    /// Rows that say again what another one says.
    pub repeated: usize,
    /// Rows that a later one of the same run replaces, with another loss.
    pub replaced: usize,
    /// Runs that are judged.
    pub runs: usize,
    /// Those of them that diverged.
    pub diverged: usize,
}

/// One run: a setting, an init, a width, a seed and a learning rate. The bits of a positive number are
/// ordered as the number is.
type RunKey = (Label, Init, usize, u64, u64);

/// The runs of a table, with counts and notes on the rows that are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    pub(crate) runs: Vec<Measurement>,
    pub(crate) counts: Counts,
    pub(crate) notes: Vec<String>,
    /// Whether rows that differ in nothing that was read were taken for several seeds, or for one run.
    pub(crate) alike: bool,
}

impl Runs {
    /// One measurement for each run, as [`last`] finds it among its rows. Of several runs of one seed the one
    /// whose row stands last counts.
    ///
    /// # Errors
    /// As [`numbered`], for a table without seeds.
    pub(crate) fn of(table: &Table, rows: Vec<Measurement>) -> Result<Self, JudgeError> {
        let unseeded = rows.iter().any(|row| row.seed.is_none());
        let (mut tally, mut by_run, mut rows) = (Tally::default(), false, rows);
        if unseeded {
            let given = numbered(table, rows)?;
            (tally.repeated, tally.silent) = (given.identical, given.silent);
            (rows, by_run) = (given.rows, given.by_run);
        }
        let mut runs: BTreeMap<RunKey, BTreeMap<Option<String>, Vec<Measurement>>> =
            BTreeMap::new();
        for row in rows {
            let seed = row.seed.unwrap_or_default();
            let key = (row.label.clone(), row.init, row.width, seed, row.lr.to_bits());
            runs.entry(key).or_default().entry(row.run.clone()).or_default().push(row);
        }
        let mut found = Self::default();
        for histories in runs.into_values() {
            let lasts = histories.into_values().filter_map(|rows| last(rows, &mut tally));
            let mut lasts: Vec<Measurement> = lasts.collect();
            lasts.sort_by_key(|run| run.at);
            let Some(run) = lasts.pop() else { continue };
            for before in &lasts {
                let seen =
                    if same(before, &run) { &mut tally.repeated } else { &mut tally.replaced };
                seen.add(before.place);
            }
            found.runs.push(run);
        }
        found.counts = Counts {
            earlier_steps: tally.earlier_steps,
            without_loss: tally.silent.count,
            repeated: tally.repeated.count,
            replaced: tally.replaced.count,
            runs: found.runs.len(),
            diverged: found.runs.iter().filter(|run| run.diverged.is_some()).count(),
            ..Counts::default()
        };
        let most = found.runs.iter().filter_map(|run| run.seed).max().unwrap_or_default();
        let seeds = most.min(if unseeded { u64::MAX } else { 0 });
        found.alike = tally.replaced.count > 0 || seeds > 1;
        found.notes.extend(notes(&tally, seeds, by_run));
        Ok(found)
    }
}

/// What is said of repeated rows, of up to so many numbered seeds, and of steps.
fn notes(tally: &Tally, seeds: u64, by_run: bool) -> Vec<String> {
    let Tally { repeated, replaced, earlier_steps, silent } = tally;
    let mut notes = Vec::new();
    if seeds > 1 {
        let which = if by_run { "k-th run" } else { "k-th row" };
        notes.push(format!(
            "there is no column of seeds: the {which} at a width and a learning rate counts as seed k, \
             which gives up to {seeds} seeds"
        ));
    }
    if *earlier_steps > 0 {
        notes.push(format!(
            "of every run the last step counts; {earlier_steps} rows are of earlier steps"
        ));
    }
    if silent.count > 0 {
        let have = if silent.count == 1 { "has" } else { "have" };
        notes.push(format!(
            "{} {have} no loss, and say nothing of it, since their runs have one at another step",
            silent.words("row")
        ));
    }
    if repeated.count > 0 {
        let verb = if repeated.count == 1 { "repeats" } else { "repeat" };
        notes.push(format!(
            "{} {verb} what another row of the same run says, and what is said twice counts once",
            repeated.words("row")
        ));
    }
    if replaced.count > 0 {
        let have = if replaced.count == 1 { "has" } else { "have" };
        notes.push(format!(
            "{} {have} a later row of the same run with another loss, which counts instead",
            replaced.words("row")
        ));
    }
    notes
}
