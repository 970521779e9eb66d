//! Arguments of `verify`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{EngineChoice, Threads};
use lora_experiment::shard::Shard;

/// What follows the arguments.
pub const VERIFY_HELP: &str = "\
Writes to DIR: RESULTS.md (the page), verdicts.json, claims.csv (one row for each claim), tests.csv
(one row for each tested number), slopes.csv (one row for each pair of neighbouring points),
values.csv (one row for each run), plan.json (claims with predictions, written before anything is
trained), and the figures. Every finished run is stored in DIR/runs.sqlite: a verification that was
stopped, by Ctrl-C or by anything else, continues when you call it again. The plan of a study stays
as it was before training; later changes are listed there and beside the verdict.

In the CSV files a text that begins with = + - @ or a tab gets an apostrophe in front, so that no
spreadsheet takes it for a formula.

--engine is for studies of the whole network; the LoRA layer alone is always computed on the CPU.

Examples:
  width-sweep verify --quick            every claim at small sizes
  width-sweep verify --list             the claims with their predictions and cost; trains nothing
  width-sweep verify --only network     only claims whose names begin with that
  width-sweep verify --rejudge figures/verify
                                        new rules on old tables

Exit codes: 0 done, whatever the verdicts; 1 something failed, or a negative control was not
refuted, so that the verdicts cannot be trusted; 2 the request is at fault.";

/// Arguments of `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// Topic files (TOML) with claims and studies [default: those of experiments/verify/]
    pub topics: Vec<PathBuf>,
    /// Where results go: a new directory, or that of an earlier verification, which then continues
    /// [default: runs/verify, or runs/verify-quick]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to train on.
    #[command(flatten)]
    pub engine: EngineChoice,
    /// Threads to compute on.
    #[command(flatten)]
    pub threads: Threads,
    /// Small sizes: every claim and every negative control, to see everything work
    #[arg(long)]
    pub quick: bool,
    /// Only claims whose name, or whose study's, starts with PREFIX; may be repeated
    #[arg(long, value_name = "PREFIX")]
    pub only: Vec<String>,
    /// Judge the tables of an earlier verification in DIR again, by the rules of this program, and train
    /// nothing; its page says so and lists which verdicts changed
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "list", "quick"])]
    pub rejudge: Option<PathBuf>,
    /// Train one of K shares of the problems into DIR/shard-I-of-K, for one of K machines; `merge` then
    /// judges all
    #[arg(long, value_name = "I/K", conflicts_with_all = ["rejudge", "list"])]
    pub shard: Option<Shard>,
    /// Start over: delete the runs that DIR/runs.sqlite keeps
    #[arg(long, conflicts_with_all = ["rejudge", "list"])]
    pub fresh: bool,
    /// Print the claims with their predictions and tolerances, and train nothing
    #[arg(long)]
    pub list: bool,
}
