//! The scripts that train a plan on a Slurm cluster, a shard a job.

mod job;
mod options;
mod script;

pub use job::Job;
pub use options::JobOptions;
pub use script::{Commands, MERGE, MERGED, SWEEP, Scripts};
