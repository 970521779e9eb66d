//! Learning-rate sweeps of any framework: from a table of runs to exponents, verdicts, figures and a page.
//!
//! A table has a row for each run, with a width, a learning rate and a loss; [`Table::read`] reads CSV and
//! Parquet. [`judge`] puts the rows through the functions that summarise our own sweeps: the optimum of every
//! width and seed, exponents with intervals, the test for a power law, and the verdict on the exponents that
//! the theory predicts for a stated setting. [`check`] does the same for sizes of features against width at
//! each step, which is known as a coordinate check.
//!
//! Nothing is dropped in silence: what does not enter a fit is named in notes and counted in [`Counts`].

#![warn(clippy::missing_errors_doc)]

mod columns;
mod coordinate;
mod coordinate_figure;
mod coordinate_rates;
mod coordinate_sizes;
mod coordinate_theory;
mod csv_table;
mod error;
mod figures;
mod finished;
mod fit_test;
mod gaps;
mod guarded;
mod history;
mod judged;
mod measurement;
mod names;
mod notes;
mod numbering;
pub mod numbers;
mod origin;
mod page;
mod parquet_table;
mod place;
mod read;
mod repeats;
mod score;
mod seen;
mod sweep;
mod table;
mod write;

pub use columns::{Columns, ReadAs};
pub use coordinate::{CheckAsked, CoordinateCheck, CoordinateRow, check};
pub use error::{JudgeError, TableFault};
pub use fit_test::FitTest;
pub use judged::{Asked, InitTests, Judged, JudgedSweep, judge, judge_until};
pub use names::{ColumnNames, Role};
pub use place::Place;
pub use repeats::Counts;
pub use score::Better;
pub use table::Table;
pub use write::{KNOWN, drawings, write, write_check};

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
