//! The rows of a table that are of finished runs.

use std::collections::BTreeMap;

use crate::error::{JudgeError, TableFault};
use crate::measurement::Reader;
use crate::seen::Seen;
use crate::table::{Row, Table};

/// The rows that count, and how many are left out.
#[derive(Debug, Default)]
pub(crate) struct Finished<'t> {
    /// With their places among all rows.
    pub(crate) rows: Vec<(usize, &'t Row)>,
    pub(crate) unfinished: usize,
    pub(crate) unlabelled: usize,
    pub(crate) notes: Vec<String>,
}

impl<'t> Finished<'t> {
    /// Leaves out runs that crashed or still go on, rows that name neither a width nor a learning rate, and rows of the
    /// limit n → ∞.
    ///
    /// # Errors
    /// [`JudgeError::Table`] if no row is left.
    pub(crate) fn of(table: &'t Table, reader: &Reader) -> Result<Self, JudgeError> {
        let mut found = Self::default();
        let (mut states, mut unlabelled) = (BTreeMap::<String, Seen>::new(), Seen::default());
        let mut of_limit = Seen::default();
        for (at, row) in table.rows.iter().enumerate() {
            if let Some(state) = reader.unfinished(row) {
                states.entry(state).or_default().add(row.place);
            } else if reader.is_of_limit(row) {
                of_limit.add(row.place);
            } else if reader.is_unlabelled(row) {
                unlabelled.add(row.place);
            } else {
                found.rows.push((at, row));
            }
        }
        found.unfinished = states.values().map(|seen| seen.count).sum();
        found.unlabelled = unlabelled.count;
        if found.rows.is_empty() {
            let nothing = match unlabelled.count {
                0 => TableFault::NothingFinished,
                _ => TableFault::NothingSaid,
            };
            return Err(table.fault(nothing));
        }
        for (state, seen) in &states {
            let are = if seen.count == 1 { "is" } else { "are" };
            found.notes.push(format!("{} {are} {state:?} and left out", seen.words("run")));
        }
        if of_limit.count > 0 {
            let are = if of_limit.count == 1 { "is" } else { "are" };
            let rows = of_limit.words("row");
            found.notes.push(format!(
                "{rows} {are} of n = ∞ and left out: exponents are of finite widths"
            ));
        }
        if unlabelled.count > 0 {
            let (have, are) = if unlabelled.count == 1 { ("has", "is") } else { ("have", "are") };
            found.notes.push(format!(
                "{} {have} neither a width nor a learning rate and {are} left out",
                unlabelled.words("row")
            ));
        }
        Ok(found)
    }
}
