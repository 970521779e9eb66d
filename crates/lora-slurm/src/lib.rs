#![doc = include_str!("../README.md")]
#![warn(clippy::missing_errors_doc)]

mod job;
mod options;
mod script;

pub use job::Job;
pub use options::JobOptions;
pub use script::{Commands, MERGE, MERGED, SWEEP, Scripts};
