//! Reads a table from a file or from standard input, whatever its format.

use std::fs;
use std::io::Read;
use std::path::Path;

use crate::coordinate_sizes::is_size;
use crate::csv_table;
use crate::error::{JudgeError, TableFault};
use crate::names::may_hold;
use crate::parquet_table;
use crate::table::{Content, Table};

/// Standard input, as a file's name.
const STANDARD: &str = "-";

/// How a Parquet file begins.
const PARQUET: &[u8] = b"PAR1";

impl Table {
    /// Reads CSV, with commas, semicolons or tabs between its cells, or Parquet. `-` is standard input. Of a large
    /// Parquet file only columns with a known name are read, and those that are `named`.
    ///
    /// # Errors
    /// [`JudgeError::Table`] for a file that cannot be read, is no table, has no rows or is too large.
    pub fn read(path: &Path, named: &[String]) -> Result<Self, JudgeError> {
        let standard = path == Path::new(STANDARD);
        let name = if standard { "standard input".to_owned() } else { path.display().to_string() };
        let bytes = if standard { standard_input() } else { fs::read(path) };
        let read = bytes.map_err(TableFault::Io).and_then(|bytes| parse(&name, bytes, named));
        read.map_err(|fault| JudgeError::Table { table: name, fault })
    }

    /// Reads the same from bytes; `name` is what messages call the table.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn of_bytes(name: &str, bytes: Vec<u8>, named: &[String]) -> Result<Self, JudgeError> {
        parse(name, bytes, named)
            .map_err(|fault| JudgeError::Table { table: name.to_owned(), fault })
    }
}

/// Whether something may be read from a column.
fn may_be_used(column: &str) -> bool {
    may_hold(column) || is_size(column)
}

fn standard_input() -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse(name: &str, bytes: Vec<u8>, named: &[String]) -> Result<Table, TableFault> {
    let Content { columns, unread, rows } = if bytes.starts_with(PARQUET) {
        parquet_table::parse(bytes, &|column| {
            may_be_used(column) || named.iter().any(|n| n == column)
        })?
    } else {
        csv_table::parse(&bytes)?
    };
    let again = |(at, column): &(usize, &String)| columns[..*at].contains(*column);
    if let Some((_, column)) = columns.iter().enumerate().find(again) {
        return Err(TableFault::SameName(column.clone()));
    }
    if rows.is_empty() {
        return Err(TableFault::Empty);
    }
    Ok(Table { name: name.to_owned(), columns, unread, rows })
}
