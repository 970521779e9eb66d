//! Which rows of a table are one run, and what becomes of those that are too many.

use std::collections::BTreeMap;

use lora_types::Init;
use serde::Serialize;

use crate::measurement::{Label, Measurement};
use crate::place::Place;

/// What a table holds, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows of the table.
    pub rows: usize,
    /// Rows of runs that have not finished, which are left out.
    pub unfinished: usize,
    /// Rows of earlier steps of runs whose last step counts.
    pub earlier_steps: usize,
    /// Rows that say again what another one says.
    pub repeated: usize,
    /// Rows that a later one of the same run replaces, with another loss.
    pub replaced: usize,
    /// Runs that are judged.
    pub runs: usize,
    /// Those of them that diverged.
    pub diverged: usize,
}

/// Rows that are left out or stand apart, with the first of them, for a note.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) count: usize,
    first: Option<Place>,
}

impl Seen {
    pub(crate) fn add(&mut self, place: Place) {
        self.count += 1;
        self.first = Some(self.first.map_or(place, |first| first.min(place)));
    }

    /// "3 rows (the first is line 7)".
    pub(crate) fn words(&self, what: &str) -> String {
        let s = if self.count == 1 { "" } else { "s" };
        let first = self.first.map_or(String::new(), |first| match self.count {
            1 => format!(" ({first})"),
            _ => format!(" (the first is {first})"),
        });
        format!("{} {what}{s}{first}", self.count)
    }
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
}

impl Runs {
    /// One measurement for each run: that of the last step, and of several rows of a step the last one.
    /// Without a column of seeds, the k-th row of a learning rate and step is that of seed k.
    pub(crate) fn of(rows: Vec<Measurement>) -> Self {
        let unseeded = rows.iter().any(|row| row.seed.is_none());
        let rows = if unseeded { numbered(rows) } else { rows };
        let mut found = Self::default();
        let (mut repeated, mut replaced) = (Seen::default(), Seen::default());
        let mut runs: BTreeMap<RunKey, Measurement> = BTreeMap::new();
        for row in rows {
            let seed = row.seed.unwrap_or_default();
            let key = (row.label.clone(), row.init, row.width, seed, row.lr.to_bits());
            let Some(kept) = runs.get_mut(&key) else {
                runs.insert(key, row);
                continue;
            };
            if row.step == kept.step && same(&row, kept) {
                repeated.add(row.place);
            } else if row.step == kept.step {
                replaced.add(kept.place);
                *kept = row;
            } else {
                found.counts.earlier_steps += 1;
                // The peak is that over all steps, and it is not known of a run that left the numbers.
                let peak = row.peak_zb.zip(kept.peak_zb).map(|(one, other)| one.max(other));
                if row.step > kept.step {
                    *kept = row;
                }
                kept.peak_zb = peak;
            }
        }
        found.runs = runs.into_values().collect();
        found.counts.repeated = repeated.count;
        found.counts.replaced = replaced.count;
        found.counts.runs = found.runs.len();
        found.counts.diverged = found.runs.iter().filter(|run| run.diverged.is_some()).count();
        found.notes.extend(notes(&found, unseeded, &repeated, &replaced));
        found
    }
}

/// What is said of repeated rows, seeds and steps.
fn notes(found: &Runs, unseeded: bool, repeated: &Seen, replaced: &Seen) -> Vec<String> {
    let mut notes = Vec::new();
    let most = found.runs.iter().filter_map(|run| run.seed).max().unwrap_or_default();
    if unseeded && most > 1 {
        notes.push(format!(
            "there is no column of seeds: the k-th row at a width and a learning rate counts as seed k, \
             which gives up to {most} seeds"
        ));
    }
    if found.counts.earlier_steps > 0 {
        notes.push(format!(
            "of every run the last step counts; {} rows are of earlier steps",
            found.counts.earlier_steps
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

/// Whether two rows of a run say the same.
fn same(one: &Measurement, other: &Measurement) -> bool {
    let bits = |x: Option<f64>| x.map(f64::to_bits);
    bits(one.score) == bits(other.score) && bits(one.peak_zb) == bits(other.peak_zb)
}

/// Gives seeds 1, 2, … to rows that differ in nothing else, in their order.
fn numbered(rows: Vec<Measurement>) -> Vec<Measurement> {
    let mut next: BTreeMap<(Label, Init, usize, u64, Option<u64>), u64> = BTreeMap::new();
    let number = |mut row: Measurement| {
        let key = (row.label.clone(), row.init, row.width, row.lr.to_bits(), row.step);
        let seed = next.entry(key).or_default();
        *seed += 1;
        row.seed = Some(*seed);
        row
    };
    rows.into_iter().map(number).collect()
}
