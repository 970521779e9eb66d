//! Arguments of `slurm`.

use std::path::PathBuf;

use clap::Args;
use lora_slurm::JobOptions;

use crate::cli::EngineChoice;

/// What follows the arguments.
pub const SLURM_HELP: &str = "\
Writes to DIR: the experiment with every key, or the topic files, sweep.sbatch (an array of K jobs, a shard each) and
merge.sbatch (tables and figures, to DIR/merged, when all are done), and prints the commands that
submit them. DIR and this program must be where the nodes see them, too.

A job that its time limit is about to end, or that is preempted, or whose node fails, is queued again
and continues. Use nodes of one kind: results of different instruction sets or engines are never
mixed.

Examples:
  width-sweep slurm paper --nodes 8 --cpus-per-task 16 --time 2:00:00 --submit
  width-sweep slurm wide --nodes 4 --gres gpu:1 --engine cuda --partition gpu
  width-sweep slurm paper --nodes 8 --sbatch=--account=physics --sbatch=--constraint=avx512
  width-sweep slurm --verify --nodes 16 --cpus-per-task 8

Exit codes: 0 done; 1 something failed, such as sbatch; 2 the request is at fault.";

/// Arguments of `slurm`.
#[derive(Clone, Debug, Args)]
pub struct SlurmArgs {
    /// An experiment file (TOML), or the name of one in experiments/; with --verify topic files of
    /// claims [default with --verify: those of experiments/verify/]
    #[arg(value_name = "EXPERIMENT", required_unless_present = "verify")]
    pub files: Vec<PathBuf>,
    /// Measure claims, as `width-sweep verify` does, instead of running an experiment
    #[arg(long, conflicts_with = "set")]
    pub verify: bool,
    /// With --verify: only claims whose name, or whose study's, starts with PREFIX; may be repeated
    #[arg(long, value_name = "PREFIX", requires = "verify")]
    pub only: Vec<String>,
    /// Shards, a job each, as many of them at a time as the cluster has nodes free
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=1 << 16))]
    pub nodes: u32,
    /// Where scripts, shards and results go: a new directory or one of an earlier call, whose
    /// finished runs count if --nodes is the same [default: runs/NAME-slurm, or runs/NAME-quick-slurm]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Partition of the cluster
    #[arg(long, value_name = "P", value_parser = option_value)]
    pub partition: Option<String>,
    /// Time limit of a job, as sbatch takes it, such as 2:00:00; at least a few batches long
    #[arg(long, value_name = "T", value_parser = time)]
    pub time: Option<String>,
    /// Processors, and threads, of a job
    #[arg(long, value_name = "C", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub cpus_per_task: Option<u16>,
    /// Memory of a job, such as 16G
    #[arg(long, value_name = "M", value_parser = option_value)]
    pub mem: Option<String>,
    /// What else a job of the array needs, such as gpu:1; may be repeated
    #[arg(long, value_name = "G", value_parser = option_value)]
    pub gres: Vec<String>,
    /// What to train on.
    #[command(flatten)]
    pub engine: EngineChoice,
    /// One more option of sbatch for the shards and their merge, such as
    /// --sbatch=--account=physics; may be repeated
    #[arg(long, value_name = "OPTION", value_parser = sbatch_option, allow_hyphen_values = true)]
    pub sbatch: Vec<String>,
    /// Small sizes, to see everything work
    #[arg(long)]
    pub quick: bool,
    /// Change one key, such as training.steps=400; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Submit both at once, instead of printing how
    #[arg(long)]
    pub submit: bool,
}

impl SlurmArgs {
    /// What the jobs are given.
    pub fn options(&self) -> JobOptions {
        JobOptions {
            shards: self.nodes,
            partition: self.partition.clone(),
            time: self.time.clone(),
            cpus_per_task: self.cpus_per_task,
            mem: self.mem.clone(),
            gres: self.gres.clone(),
            more: self.sbatch.clone(),
        }
    }
}

fn option_value(text: &str) -> Result<String, String> {
    match text {
        "" => Err("must not be empty".to_owned()),
        text if text.contains(char::is_control) => Err("must be on one line".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// What the scripts state themselves, and rely on.
const OURS: [&str; 9] =
    ["--array", "--chdir", "--dependency", "--output", "--signal", "-a", "-D", "-d", "-o"];

fn sbatch_option(text: &str) -> Result<String, String> {
    let name = text.split(['=', ' ']).next().unwrap_or_default();
    if OURS.contains(&name) {
        return Err(format!("the scripts have a {name} of their own, which they need"));
    }
    match option_value(text)? {
        text if text.len() > 1 && text.starts_with('-') => Ok(text),
        _ => Err("must be one option with its value, such as --account=physics".to_owned()),
    }
}

fn time(text: &str) -> Result<String, String> {
    let endless = ["unlimited", "infinite"].contains(&text.to_lowercase().as_str());
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (days, rest) = text.split_once('-').unwrap_or(("0", text));
    if endless || (digits(days) && rest.split(':').all(digits) && rest.split(':').count() <= 3) {
        return Ok(text.to_owned());
    }
    Err("must be a time as sbatch takes it, such as 90 (minutes), 1:30:00 or 2-12".to_owned())
}
