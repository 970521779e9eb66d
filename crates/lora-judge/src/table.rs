//! A table of somebody's runs: named columns, and rows that know where they stand in the file.

use crate::error::{JudgeError, TableFault};
use crate::place::Place;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) place: Place,
    /// A cell for each column, as text.
    pub(crate) cells: Vec<String>,
}

/// What a cell of numbers says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    /// It is empty, or a word for nothing.
    Missing,
    /// NaN or infinite, written out.
    NotFinite,
    /// A finite number.
    Number(f64),
}

impl Value {
    /// The number, if it is one.
    pub(crate) fn number(self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(value),
            Self::Missing | Self::NotFinite => None,
        }
    }
}

/// A table that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// Columns that are there and were not read, since nothing is known of them.
    pub(crate) unread: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) columns: Vec<String>,
    pub(crate) unread: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// What stands for a number that is not there, in any case.
const MISSING: [&str; 7] = ["", "na", "n/a", "nan", "none", "null", "<na>"];

impl Table {
    /// The file's name, or "standard input".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the columns that were read.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Something is wrong with it.
    pub(crate) fn fault(&self, fault: TableFault) -> JudgeError {
        JudgeError::Table { table: self.name.clone(), fault }
    }

    /// A cell does not hold what it must.
    pub(crate) fn bad(&self, row: &Row, column: usize, must: impl Into<String>) -> JudgeError {
        self.fault(TableFault::Cell {
            place: row.place,
            column: self.columns[column].clone(),
            value: row.cells[column].clone(),
            must: must.into(),
        })
    }

    /// The names of all its columns, read or not.
    pub(crate) fn all_columns(&self) -> Vec<String> {
        self.columns.iter().chain(&self.unread).cloned().collect()
    }

    /// A number; none where the cell is empty, NaN or infinite.
    pub(crate) fn number(&self, row: &Row, column: usize) -> Result<Option<f64>, JudgeError> {
        Ok(self.value(row, column)?.number())
    }

    /// What a cell of numbers says.
    pub(crate) fn value(&self, row: &Row, column: usize) -> Result<Value, JudgeError> {
        let cell = row.cells[column].trim();
        match cell.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Number(value)),
            Ok(_) => Ok(Value::NotFinite),
            Err(_) if is_missing(cell) => Ok(Value::Missing),
            Err(_) => Err(self.bad(row, column, "a number, or empty for a run that diverged")),
        }
    }

    /// A whole number, which may be written as 1024.0.
    pub(crate) fn whole(&self, row: &Row, column: usize, least: u64) -> Result<u64, JudgeError> {
        let found = whole(&row.cells[column]).filter(|&value| value >= least);
        found.ok_or_else(|| self.bad(row, column, format!("a whole number of at least {least}")))
    }
}

/// Whether a cell stands for no value.
pub(crate) fn is_missing(cell: &str) -> bool {
    MISSING.iter().any(|missing| cell.trim().eq_ignore_ascii_case(missing))
}

/// A whole number that an f64 holds exactly, or any that is written without a point.
fn whole(cell: &str) -> Option<u64> {
    let cell = cell.trim();
    let exact = |value: f64| value.fract() == 0.0 && (0.0..=2f64.powi(53)).contains(&value);
    cell.parse().ok().or_else(|| {
        cell.parse::<f64>().ok().filter(|&value| exact(value)).map(|value| value as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_may_have_a_point() {
        assert_eq!(whole(" 1024 "), Some(1024));
        assert_eq!(whole("1024.0"), Some(1024));
        assert_eq!(whole("1e3"), Some(1000));
        assert_eq!(whole("18446744073709551615"), Some(u64::MAX));
        for bad in ["1.5", "-1", "", "nan", "1e99", "x"] {
            assert_eq!(whole(bad), None, "{bad}");
        }
    }
}
