//! Arguments of `export`.

use std::path::PathBuf;

use clap::Args;

/// What follows the arguments.
pub const TABLES_HELP: &str = "\
Writes three tables: runs (one row for every run in DIR/runs.sqlite, whatever experiment asked for
it, with its setting), steps (one row for each recorded step), and losses (one row for the train loss
of each step). The column `run` joins them. columns.csv gives the meaning, type and unit of each column.

The tables depend on the runs alone: the same runs give the same bytes. A sweep may run meanwhile.
In CSV an empty cell is null; NaN and inf are written as such.

Examples:
  width-sweep export runs/paper --parquet
  width-sweep export runs/paper --csv --out tables

Exit codes: 0 done; 1 something failed; 2 the request is at fault, and nothing was written.";

/// Arguments of `export`.
#[derive(Clone, Debug, Args)]
pub struct TablesArgs {
    /// The directory of a sweep
    pub dir: PathBuf,
    /// What the tables are written as.
    #[command(flatten)]
    pub format: TableFormat,
    /// Where the tables go: a new directory or that of an earlier export [default: DIR/export]
    #[arg(long, value_name = "DIR2")]
    pub out: Option<PathBuf>,
}

/// What the tables are written as; one of both.
#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct TableFormat {
    /// Write CSV
    #[arg(long)]
    pub csv: bool,
    /// Write Parquet
    #[arg(long)]
    pub parquet: bool,
}
