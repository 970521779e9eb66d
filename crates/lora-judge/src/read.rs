//! Reads a table from a file or from standard input, whatever its format.

use std::fs;
use std::io::Read;
use std::path::Path;

use crate::csv_table;
use crate::error::{JudgeError, TableFault};
use crate::parquet_table;
use crate::table::Table;

/// Standard input, as a file's name.
const STANDARD: &str = "-";

/// How a Parquet file begins.
const PARQUET: &[u8] = b"PAR1";

impl Table {
    /// Reads CSV, with commas, semicolons or tabs between its cells, or Parquet. `-` is standard input.
    ///
    /// # Errors
    /// [`JudgeError::Table`] for a file that cannot be read, is no table or has no rows.
    pub fn read(path: &Path) -> Result<Self, JudgeError> {
        let standard = path == Path::new(STANDARD);
        let name = if standard { "standard input".to_owned() } else { path.display().to_string() };
        let bytes = if standard { standard_input() } else { fs::read(path) };
        let read = bytes.map_err(TableFault::Io).and_then(|bytes| parse(&name, bytes));
        read.map_err(|fault| JudgeError::Table { table: name, fault })
    }

    /// Reads the same from bytes; `name` is what messages call the table.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn of_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, JudgeError> {
        parse(name, bytes).map_err(|fault| JudgeError::Table { table: name.to_owned(), fault })
    }
}

fn standard_input() -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse(name: &str, bytes: Vec<u8>) -> Result<Table, TableFault> {
    let (columns, rows) = if bytes.starts_with(PARQUET) {
        parquet_table::parse(bytes)?
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
    Ok(Table { name: name.to_owned(), columns, rows })
}
