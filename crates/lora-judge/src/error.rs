//! What can be wrong with a table, and with what is asked of it.

use std::io;

use lora_analysis::AnalysisError;
use lora_store::error::StoreError;

use crate::names::Role;
use crate::place::Place;

/// An error of this crate. Its text says what is wrong; what to type is said at the command line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// A table cannot be judged.
    #[error("{table}: {fault}")]
    Table {
        /// The file, or standard input.
        table: String,
        /// What is wrong with it.
        fault: TableFault,
    },
    /// A figure or a page cannot be made.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
    /// A file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with a table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableFault {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is neither text nor Parquet.
    #[error("line {line}: is no UTF-8 text, but a table must be CSV in UTF-8, or Parquet")]
    NotText {
        /// The line with the first such byte.
        line: usize,
    },
    /// It is no CSV.
    #[error("{0}")]
    Csv(String),
    /// A row has more or fewer cells than there are columns.
    #[error("{place}: has {found} cells, but the first line names {expected} columns")]
    Ragged {
        /// The row.
        place: Place,
        /// Its cells.
        found: usize,
        /// The columns.
        expected: usize,
    },
    /// It is no Parquet file, or one of a kind that is not read.
    #[error("is no Parquet file that can be read: {0}")]
    Parquet(String),
    /// A Parquet file is compressed in another way.
    #[error(
        "is compressed with {0}, but a Parquet file must be compressed with snappy or not at all"
    )]
    Compression(String),
    /// Two columns have one name.
    #[error("two columns have the name {0:?}")]
    SameName(String),
    /// It has no rows.
    #[error("has no rows")]
    Empty,
    /// No column is known to hold what is needed.
    #[error("no column has a name that is known for {} ({}); its columns are {}", role.means(),
        role.examples(), columns.join(", "))]
    NoColumn {
        /// What is needed.
        role: Role,
        /// The columns that there are.
        columns: Vec<String>,
    },
    /// A column that was named is not there.
    #[error("has no column {name:?}; its columns are {}", columns.join(", "))]
    NotThere {
        /// The name.
        name: String,
        /// The columns that there are.
        columns: Vec<String>,
    },
    /// A cell does not hold what its column must hold.
    #[error("{place}, column {column:?}: {value:?} must be {must}")]
    Cell {
        /// The row.
        place: Place,
        /// The column.
        column: String,
        /// The cell.
        value: String,
        /// What it must be.
        must: String,
    },
    /// No row is left to judge.
    #[error("no run of it has finished")]
    NothingFinished,
    /// No column of sizes was named or is known.
    #[error("no column has a name that is known for a size (za, zb, delta1, l1); its columns are {}",
        columns.join(", "))]
    NoSizes {
        /// The columns that there are.
        columns: Vec<String>,
    },
}
