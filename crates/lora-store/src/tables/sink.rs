//! A table that is being written, in either format.

use std::fs::File;
use std::io::Result;
use std::path::Path;

use atomic_files::Part;

use crate::error::StoreError;
use crate::tables::column::Column;
use crate::tables::csv::CsvTable;
use crate::tables::parquet::ParquetTable;

/// What the tables are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text.
    Csv,
    /// Columns of typed bytes.
    Parquet,
}

impl Format {
    /// The name of a table's file.
    pub fn file(self, table: &str) -> String {
        let ending = if self == Self::Csv { "csv" } else { "parquet" };
        format!("{table}.{ending}")
    }
}

/// A file that is not seen before it is whole.
pub struct Sink<R: 'static> {
    part: Part,
    rows: usize,
    writer: Writer<R>,
}

enum Writer<R: 'static> {
    Csv(Box<CsvTable<R, File>>),
    Parquet(Box<ParquetTable<R, File>>),
}

impl<R> Sink<R> {
    /// A table of a directory.
    pub fn new(
        dir: &Path,
        format: Format,
        table: &'static str,
        columns: &'static [Column<R>],
    ) -> std::result::Result<Self, StoreError> {
        let path = dir.join(format.file(table));
        let open = || -> Result<Self> {
            let part = Part::new(&path)?;
            let file = part.file()?;
            let writer = match format {
                Format::Csv => Writer::Csv(Box::new(CsvTable::new(file, columns)?)),
                Format::Parquet => {
                    Writer::Parquet(Box::new(ParquetTable::new(file, table, columns)?))
                }
            };
            Ok(Self { part, rows: 0, writer })
        };
        open().map_err(|error| StoreError::file(&path, error))
    }

    /// Adds a row.
    pub fn push(&mut self, row: R) -> std::result::Result<(), StoreError> {
        self.rows += 1;
        let done = match &mut self.writer {
            Writer::Csv(table) => table.push(&row),
            Writer::Parquet(table) => table.push(row),
        };
        done.map_err(|error| StoreError::file(self.part.path(), error))
    }

    /// Writes what is left; the file with its number of rows, to be put in place.
    pub fn finish(self) -> std::result::Result<(Part, usize), StoreError> {
        let done = match self.writer {
            Writer::Csv(table) => table.finish(),
            Writer::Parquet(table) => table.finish(),
        };
        done.map_err(|error| StoreError::file(self.part.path(), error))?;
        Ok((self.part, self.rows))
    }
}
