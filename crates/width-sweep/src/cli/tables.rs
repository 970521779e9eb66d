//! Arguments of `export`.

use std::path::PathBuf;

use clap::Args;

/// What follows the arguments.
pub const TABLES_HELP: &str = "\
Writes three tables: runs (a row for every run that DIR/runs.sqlite keeps, whatever experiment asked
for it, with its setting), steps (a row a recorded step), losses (a row a step's train loss). The
column `run` joins them; columns.csv says what each column holds, its type and its unit.

The tables depend on the runs alone: the same runs give the same bytes. A sweep may go on meanwhile.
In CSV an empty cell is null; NaN and inf are so written.

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
