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
    /// Asked to stop.
    #[error("stopped after {done} of {of} settings")]
    Stopped {
        /// Settings that were judged.
        done: usize,
        /// All of them.
        of: usize,
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
    /// The columns of a table in memory are not of one length.
    #[error("column {column:?} has {found} cells, but the first column has {expected}")]
    Lengths {
        /// The column.
        column: String,
        /// Its cells.
        found: usize,
        /// The cells of the first column.
        expected: usize,
    },
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
    /// A column that may hold what is needed has many values in a cell.
    #[error("no column has a name that is known for {} ({}), but the cells of {column:?} are dictionaries; \
        pandas.json_normalize makes a column of each of their values, such as {column}.{}", role.means(),
        role.examples(), role.key())]
    Nested {
        /// What is needed.
        role: Role,
        /// The column of dictionaries.
        column: String,
    },
    /// An init was stated for all runs, and the table has inits.
    #[error(
        "column {column:?} has the init of every run, so that none may be stated for all of them"
    )]
    InitTwice {
        /// The column.
        column: String,
    },
    /// The learning rate of one run changes.
    #[error(
        "{place}, column {column:?}: the learning rate changes from step to step within a run, as in a \
        schedule, but each run must have one, such as the peak of its schedule"
    )]
    LrChanges {
        /// The first row of the run.
        place: Place,
        /// The column.
        column: String,
    },
    /// Several histories that cannot be told apart.
    #[error(
        "{place}: several runs at width {width} and learning rate {lr} end at different steps, and no column \
        of seeds or of run ids says which row is whose"
    )]
    Tangled {
        /// The first of the rows.
        place: Place,
        /// The width.
        width: usize,
        /// The learning rate.
        lr: f64,
    },
    /// No row says what it is of.
    #[error("no row has a width and a learning rate")]
    NothingSaid,
    /// A column sets too many settings apart.
    #[error("column {column:?} sets {count} settings apart, but at most {most} are judged")]
    TooManySettings {
        /// The column with the most values.
        column: String,
        /// The settings.
        count: usize,
        /// How many may be judged.
        most: usize,
    },
    /// A file holds more than is read.
    #[error("is too large: it holds {found} {what}, and at most {most} are read")]
    TooLarge {
        /// What there are too many of.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many are read.
        most: u64,
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
