//! What is said of every column, beside the tables and inside Parquet files.

use serde::Serialize;

use crate::tables::column::Column;
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

/// Every column of every table; of measurements that only some models have, if there are any.
pub fn all(measurements: bool) -> Vec<ColumnDoc> {
    let mut all = of(RUNS_TABLE, runs::COLUMNS);
    all.extend(of(STEPS_TABLE, STEPS));
    all.extend(of(LOSSES_TABLE, LOSSES));
    if measurements {
        all.extend(of(MEASUREMENTS_TABLE, MEASUREMENTS));
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
