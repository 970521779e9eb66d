//! From finished runs and the plan to summaries, verdicts, and rows for figures and report.

pub mod analysis;
pub mod compared;
pub mod conclusion;
pub mod coordinates;
pub mod draw;
pub mod epsilon;
mod error;
pub mod inits;
pub mod minus;
pub mod readings;
pub mod report;
pub mod summary;
pub mod verdict;

pub use error::{AnalysisError, FileFault, NoVerdicts};

/// A time in seconds with the digits that matter.
pub fn duration(seconds: f64) -> String {
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}
