//! Seeds for the runs of a table that has none.

use std::collections::{BTreeMap, BTreeSet};

use lora_types::Init;

use crate::error::{JudgeError, TableFault};
use crate::history::same;
use crate::measurement::{Label, Measurement};
use crate::seen::Seen;
use crate::table::Table;

/// Rows with a seed each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbered {
    pub(crate) rows: Vec<Measurement>,
    /// Rows with the same cells as an earlier one, which are dropped.
    pub(crate) identical: Seen,
    /// Rows without a loss of runs that have one at another step, which are dropped.
    pub(crate) silent: Seen,
    /// Whether run ids tell the seeds apart.
    pub(crate) by_run: bool,
}

/// What a run has besides its seed. The bits of a positive number are ordered as the number is.
type Cell = (Label, Init, usize, u64);

fn cell(row: &Measurement) -> Cell {
    (row.label.clone(), row.init, row.width, row.lr.to_bits())
}

/// Gives seeds 1, 2, … to runs that differ in nothing else: by their ids in the order in which they appear, or else to
/// the rows of a step in their order.
///
/// # Errors
/// [`JudgeError::Table`] if rows are numbered and some of the runs end earlier than others: rows of two runs could
/// then get one seed.
pub(crate) fn numbered(table: &Table, rows: Vec<Measurement>) -> Result<Numbered, JudgeError> {
    match Ids::of(&rows) {
        Some(ids) => Ok(Numbered {
            rows: rows.into_iter().map(|row| ids.seed(row)).collect(),
            by_run: true,
            ..Numbered::default()
        }),
        None => in_order(table, rows),
    }
}

fn in_order(table: &Table, rows: Vec<Measurement>) -> Result<Numbered, JudgeError> {
    let (mut found, mut known) = (Numbered::default(), BTreeSet::<&[String]>::new());
    let mut next: BTreeMap<(Cell, Option<u64>), u64> = BTreeMap::new();
    let logged: BTreeSet<Cell> = rows.iter().filter(|row| row.logged).map(cell).collect();
    for mut row in rows {
        if row.step.is_some() && !row.logged && logged.contains(&cell(&row)) {
            found.silent.add(row.place);
            continue;
        }
        if !known.insert(&table.rows[row.at].cells) {
            found.identical.add(row.place);
            continue;
        }
        let seed = next.entry((cell(&row), row.step)).or_default();
        *seed += 1;
        row.seed = Some(*seed);
        found.rows.push(row);
    }
    // By cell: the last step with its rows, and the most rows of a step.
    let mut ends: BTreeMap<Cell, (u64, u64)> = BTreeMap::new();
    for ((cell, _), count) in next {
        let most = ends.get(&cell).map_or(0, |&(_, most)| most);
        ends.insert(cell, (count, most.max(count)));
    }
    let tangled = |row: &&Measurement| ends.get(&cell(row)).is_some_and(|(last, most)| last < most);
    let wrong = found.rows.iter().find(tangled).map(|row| (row.place, row.width, row.lr));
    wrong.map_or(Ok(found), |(place, width, lr)| {
        Err(table.fault(TableFault::Tangled { place, width, lr }))
    })
}

/// Run ids that tell runs apart.
struct Ids {
    /// The number of an id at its place, from 0.
    numbers: BTreeMap<(Option<Cell>, String), u64>,
    /// Whether an id stands for one run, and not for a repetition at every width and learning rate.
    of_one_run: bool,
}

impl Ids {
    /// None where some row has no id, or where an id stands for several runs of one width and learning rate.
    fn of(rows: &[Measurement]) -> Option<Self> {
        let mut cells: BTreeMap<&str, BTreeSet<Cell>> = BTreeMap::new();
        for row in rows {
            cells.entry(row.run.as_deref()?).or_default().insert(cell(row));
        }
        let of_one_run = cells.values().all(|cells| cells.len() == 1);
        if !of_one_run && !are_apart(rows) {
            return None;
        }
        let (mut numbers, mut next) = (BTreeMap::new(), BTreeMap::<Option<Cell>, u64>::new());
        for row in rows {
            let at = of_one_run.then(|| cell(row));
            numbers.entry((at.clone(), row.run.clone()?)).or_insert_with(|| {
                let number = next.entry(at).or_default();
                *number += 1;
                *number
            });
        }
        Some(Self { numbers, of_one_run })
    }

    fn seed(&self, mut row: Measurement) -> Measurement {
        let at = self.of_one_run.then(|| cell(&row));
        row.seed = self.numbers.get(&(at, row.run.clone().unwrap_or_default())).copied();
        row
    }
}

/// Whether every step of an id has one row at each width and learning rate.
fn are_apart(rows: &[Measurement]) -> bool {
    let mut known: BTreeMap<(Cell, &Option<String>, Option<u64>), &Measurement> = BTreeMap::new();
    rows.iter().all(|row| same(known.entry((cell(row), &row.run, row.step)).or_insert(row), row))
}
