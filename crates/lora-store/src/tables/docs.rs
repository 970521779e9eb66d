//! What is said of every column, beside the tables and inside Parquet files.

use serde::Serialize;

use crate::tables::column::Column;
use crate::tables::finals::{ANSWERS, FINALS};
use crate::tables::runs;
use crate::tables::steps::{LOSSES, MEASUREMENTS, STEPS};

/// The names of the tables.
pub const RUNS_TABLE: &str = "runs";
/// Recorded steps.
pub const STEPS_TABLE: &str = "steps";
/// Train losses.
pub const LOSSES_TABLE: &str = "losses";
/// What only some kinds of model measure.
pub const MEASUREMENTS_TABLE: &str = "measurements";
/// Results of the final test.
pub const FINALS_TABLE: &str = "finals";
/// Their answers, one by one.
pub const ANSWERS_TABLE: &str = "answers";

/// Which tables there are beside those of every export.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extra {
    /// What only some kinds of model measure.
    pub measurements: bool,
    /// Results and answers of the final test.
    pub final_test: bool,
}

/// A row of `columns.csv`.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnDoc {
    table: &'static str,
    column: &'static str,
    r#type: &'static str,
    unit: &'static str,
    null_if: &'static str,
    meaning: &'static str,
}

/// Every column of every table.
pub fn all(extra: Extra) -> Vec<ColumnDoc> {
    let mut all = of(RUNS_TABLE, runs::COLUMNS);
    all.extend(of(STEPS_TABLE, STEPS));
    all.extend(of(LOSSES_TABLE, LOSSES));
    if extra.measurements {
        all.extend(of(MEASUREMENTS_TABLE, MEASUREMENTS));
    }
    if extra.final_test {
        all.extend(of(FINALS_TABLE, FINALS));
        all.extend(of(ANSWERS_TABLE, ANSWERS));
    }
    all
}

/// Every column of a table.
pub fn of<R>(table: &'static str, columns: &[Column<R>]) -> Vec<ColumnDoc> {
    let doc = |column: &Column<R>| ColumnDoc {
        table,
        column: column.name,
        r#type: column.cells.type_name(),
        unit: column.unit,
        null_if: column.null,
        meaning: column.meaning,
    };
    columns.iter().map(doc).collect()
}
