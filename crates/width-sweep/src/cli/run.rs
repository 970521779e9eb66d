//! Arguments of `run`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{EngineChoice, Threads};
use lora_experiment::shard::Shard;

/// What follows the arguments.
pub const RUN_HELP: &str = "\
Writes to DIR: plan.json (the theory's predictions), experiment.toml (every key), runs.csv (one row
for each run), trajectories.csv (one row for each recorded step), summary.json, manifest.json, and
the figures scaling, norms, curves and, of the synthetic model, phases, each as .png, .svg, .csv (the
data it draws) and .json (its origin). With figures.coordinates_lr there are coordinates and
convergence, too. With \"inf\" at the end of model.widths there are limits.csv (one row for each run
of the limit) and the figure curves-in-c. Base models that it pretrains go to transformer.bases.

Every finished run is stored in DIR/runs.sqlite. A sweep that was stopped, by Ctrl-C or by anything
else, continues when you call it again. A changed experiment trains only what is new.";

/// Arguments of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// An experiment file (TOML), or the name of one in experiments/ [default: paper]
    pub experiment: Option<PathBuf>,
    /// Where results go: a new directory or an earlier run's, whose finished runs are kept and
    /// whose other files are replaced [default: runs/NAME, or runs/NAME-quick]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to train on.
    #[command(flatten)]
    pub engine: EngineChoice,
    /// Threads to compute on.
    #[command(flatten)]
    pub threads: Threads,
    /// Small sizes, to see everything work
    #[arg(long)]
    pub quick: bool,
    /// Change one key, such as training.steps=400 or model.activation=tanh; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Train one of K shares of the widths and seeds, each on a machine of its own, into
    /// DIR/shard-I-of-K; `merge` then writes tables and figures
    #[arg(long, value_name = "I/K")]
    pub shard: Option<Shard>,
    /// Start over: delete the runs that DIR/runs.sqlite keeps
    #[arg(long, conflicts_with = "dry_run")]
    pub fresh: bool,
    /// Print the plan, the engine and the memory it takes; trains and writes nothing
    #[arg(long)]
    pub dry_run: bool,
}
