//! From finished runs and the plan to summaries, verdicts, and rows for figures and report.

pub mod analysis;
pub mod compared;
pub mod draw;
pub mod epsilon;
pub mod report;
pub mod summary;
pub mod transfer;
pub mod verdict;
