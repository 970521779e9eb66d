//! What a reader should know of a table before any number.

use std::collections::BTreeSet;

use lora_types::Init;

use crate::columns::{Columns, ReadAs};
use crate::measurement::{Measurement, Reader};
use crate::names::{Role, is_loss};
use crate::score::Better;
use crate::seen::Seen;
use crate::sweep::Sweep;
use crate::table::Table;

/// A column with more values than this names runs, and no settings.
const MOST_SETTINGS: usize = 20;

/// Columns that were chosen among several, of what is `used`, and that there are no inits.
pub(crate) fn choices(
    columns: &Columns,
    init: Option<Init>,
    used: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut notes = Vec::new();
    let several = |read: &&ReadAs| !read.instead_of.is_empty() && used(read.holds);
    for read in columns.read_as().iter().filter(several) {
        let others = read.instead_of.join(", ");
        notes.push(format!("{} is read as {}, not {others}", read.column, read.holds));
    }
    if columns.get(Role::Init).is_none() && init.is_none() {
        notes.push(format!(
            "there is no column of inits: every run counts as {}, which is PEFT's default",
            Init::A
        ));
    }
    notes
}

/// Which values of the column of losses are better, where its name does not say.
pub(crate) fn direction(
    loss: &str,
    own: bool,
    better: Better,
    best: Option<f64>,
) -> Option<String> {
    match best {
        Some(best) => {
            Some(format!("higher values of {loss} are better: the score is {best} − {loss}"))
        }
        None if better == Better::Lower || own || is_loss(loss) => None,
        None => Some(format!(
            "lower values of {loss} are better; if higher ones are, say --higher-is-better with the best value"
        )),
    }
}

/// The columns that may set runs apart which are taken for one: not read, and with several values that repeat.
pub(crate) fn set_apart(table: &Table, columns: &Columns, reader: &Reader) -> Option<String> {
    let read = |at: &usize| {
        let used = columns.read_as().iter().any(|read| read.column == table.columns[*at]);
        used || reader.by.contains(at) || columns.ignores(*at)
    };
    let several = |at: &usize| {
        let values: BTreeSet<&str> = table.rows.iter().map(|row| row.cells[*at].as_str()).collect();
        (2..=MOST_SETTINGS).contains(&values.len()) && 2 * values.len() <= table.len()
    };
    let all = (0..table.columns.len()).filter(|at| !read(at)).filter(several);
    let names: Vec<&str> = all.map(|at| table.columns[at].as_str()).collect();
    let one = if names.len() == 1 { "this column sets" } else { "one of these columns sets" };
    (!names.is_empty())
        .then(|| format!("if {one} runs apart, judge its values separately: {}", names.join(", ")))
}

/// The runs that diverged, by what says so.
pub(crate) fn diverged(runs: &[Measurement], table: &Table, columns: &Columns) -> Vec<String> {
    let (mut no_loss, mut marked) = (Seen::default(), Seen::default());
    for run in runs.iter().filter(|run| run.diverged.is_some()) {
        let seen = if run.marked { &mut marked } else { &mut no_loss };
        seen.add(run.place);
    }
    let mut notes = Vec::new();
    if no_loss.count > 0 {
        let runs = no_loss.words("run");
        notes.push(format!("{runs} diverged: no finite loss, and so in no optimum"));
    }
    if let Some(column) = columns.get(Role::Diverged).filter(|_| marked.count > 0) {
        let (runs, column) = (marked.words("run"), &table.columns[column]);
        notes.push(format!("{runs} diverged, as the column {column} says, and so in no optimum"));
    }
    notes
}

/// Settings that are judged separately.
pub(crate) fn settings(sweeps: &[Sweep]) -> Option<String> {
    let names: Vec<String> = sweeps.iter().map(Sweep::name).collect();
    (sweeps.len() > 1)
        .then(|| format!("{} settings are judged separately: {}", sweeps.len(), names.join("; ")))
}
