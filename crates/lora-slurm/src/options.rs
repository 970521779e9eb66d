//! What the jobs of a sweep are given on a cluster.

/// Options of the jobs, as sbatch takes them.
#[derive(Clone, Debug)]
pub struct JobOptions {
    /// Shards, a job each.
    pub shards: u32,
    /// Partition of the cluster.
    pub partition: Option<String>,
    /// Time limit of a job.
    pub time: Option<String>,
    /// Processors, and threads, of a job.
    pub cpus_per_task: Option<u16>,
    /// Memory of a job.
    pub mem: Option<String>,
    /// What else a job of the array needs, such as `gpu:1`.
    pub gres: Vec<String>,
    /// More options, for the shards and their merge.
    pub more: Vec<String>,
}
