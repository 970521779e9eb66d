//! One HTML page from result tables. The crate simulates nothing, fits nothing, asks no theory and
//! reads no file.
//!
//! [`render`] makes the page of a [`Report`], and [`render_diagnosis`] that of a [`DiagnosisPage`]. Its tables and figures need no script; scripts drive its
//! controls with data inside the page. The page loads nothing, and its own policy forbids it to.
//! The same report gives the same bytes.

mod claims;
mod colors;
mod diagnosis;
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
mod verdict_rows;

pub use diagnosis::{AdapterSection, DiagnosisPage, FindingRow, ModuleRow, render_diagnosis};
pub use numbers::significant;
pub use page::{MARK, render};
pub use phase_table::{Curves, MapAxis, MeasuredExponent, PhaseTable, RegimeName, TheoryRow, Tick};
pub use picture::{Picture, PictureError};
pub use report::{ExponentRow, Fact, Report, ShellStep, Value, WidthRow};
pub use rows::{
    Explorer, MeanRow, Named, PageOptimum, PageRun, ScalingLine, ScalingPoint, StepCurve,
    StepValues,
};
pub use verdict_rows::{PageClaim, PageTest, VerdictCount, Verdicts};

/// The README's example, which is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
