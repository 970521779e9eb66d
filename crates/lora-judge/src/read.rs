//! Reads a table from a file or from standard input, whatever its format.

use std::fs;
use std::io::Read;
use std::path::Path;

use crate::coordinate_sizes::is_size;
use crate::csv_table;
use crate::error::{JudgeError, TableFault};
use crate::names::may_hold;
use crate::parquet_table;
use crate::place::Place;
use crate::table::{Content, Row, Table};

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

impl Table {
    /// A table in memory: the cells of every column as text, in columns of one length. `name` is what messages
    /// call the table, and `unread` are columns that it has and that hold nothing to be read.
    ///
    /// # Errors
    /// [`JudgeError::Table`] for two columns of one name, for a column that is shorter or longer than the first,
    /// and for a table without rows.
    pub fn of_columns(
        name: &str,
        columns: Vec<(String, Vec<String>)>,
        unread: Vec<String>,
    ) -> Result<Self, JudgeError> {
        let whole = across(columns)
            .and_then(|(columns, rows)| whole(name, Content { columns, unread, rows }));
        whole.map_err(|fault| JudgeError::Table { table: name.to_owned(), fault })
    }
}

/// Columns as rows, with the names of the columns.
fn across(columns: Vec<(String, Vec<String>)>) -> Result<(Vec<String>, Vec<Row>), TableFault> {
    let length = columns.first().map_or(0, |(_, cells)| cells.len());
    if let Some((column, cells)) = columns.iter().find(|(_, cells)| cells.len() != length) {
        let (column, found) = (column.clone(), cells.len());
        return Err(TableFault::Lengths { column, found, expected: length });
    }
    let place = |at: usize| Place::Row(at as u64 + 1);
    let mut rows: Vec<Row> =
        (0..length).map(|at| Row { place: place(at), cells: Vec::new() }).collect();
    let mut names = Vec::new();
    for (name, cells) in columns {
        names.push(name);
        rows.iter_mut().zip(cells).for_each(|(row, cell)| row.cells.push(cell));
    }
    Ok((names, rows))
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
    let content = if bytes.starts_with(PARQUET) {
        parquet_table::parse(bytes, &|column| {
            may_be_used(column) || named.iter().any(|n| n == column)
        })?
    } else {
        csv_table::parse(&bytes)?
    };
    whole(name, content)
}

/// What was read as a table, which has rows, and columns of different names.
fn whole(name: &str, content: Content) -> Result<Table, TableFault> {
    let Content { columns, unread, rows } = content;
    let again = |(at, column): &(usize, &String)| columns[..*at].contains(*column);
    if let Some((_, column)) = columns.iter().enumerate().find(again) {
        return Err(TableFault::SameName(column.clone()));
    }
    if rows.is_empty() {
        return Err(TableFault::Empty);
    }
    Ok(Table { name: name.to_owned(), columns, unread, rows })
}
