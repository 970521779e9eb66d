//! One HTML page from result tables: no simulation, no statistics, no theory and no files in here.
//!
//! [`render`] makes the page of a [`Report`]: tables and the run's own figures, which need no
//! script, and controls that scripts bring to life from data that the page holds. The page loads
//! nothing, and its own policy forbids it to. The same report gives the same bytes.

mod claims;
mod colors;
mod embed;
mod explorer;
mod exponents;
mod map;
mod names;
mod numbers;
mod page;
mod phase_table;
mod picture;
mod provenance;
mod report;
mod rows;
mod symbols;
mod typeset;

pub use numbers::significant;
pub use page::{MARK, render};
pub use phase_table::{Curves, MapAxis, Own, PhaseRow, PhaseTable, RegimeName, Tick};
pub use picture::{Picture, PictureError};
pub use report::{ExponentRow, Fact, Report, ShellStep, Value, WidthRow};
pub use rows::{
    Explorer, MeanRow, Named, PageClaim, PageOptimum, PageRun, PageTest, ScalingLine, ScalingPoint,
    StepCurve, StepValues, VerdictCount, Verdicts,
};

/// The README's example, which is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
