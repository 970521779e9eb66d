//! From finished runs and the plan to summaries, verdicts, and rows for figures and report.

pub mod analysis;
pub mod compared;
pub mod draw;
pub mod epsilon;
pub mod report;
pub mod summary;
pub mod transfer;
pub mod verdict;

/// A time in seconds with the digits that matter.
pub fn duration(seconds: f64) -> String {
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}
