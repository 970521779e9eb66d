//! Arguments of `verify`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::EngineChoice;
use crate::cli::Threads;

/// What follows the arguments.
pub const VERIFY_HELP: &str = "\
Writes to DIR: RESULTS.md (the page), verdicts.json, claims.csv (a row a claim), tests.csv (a row a
tested number), slopes.csv (a row a pair of neighbouring points), values.csv (a row a run), plan.json
(claims with predictions, written before anything is trained), and the figures. Finished cells are
kept in DIR/cells: an interrupted verification, called again, goes on where it was. The plan of a study
stays as it was before training: what changes later is listed there and beside the verdict.

In the CSV files a text that begins with = + - @ or a tab has an apostrophe before it, so that no
spreadsheet takes it for a formula.

--engine is for studies of the whole network; the LoRA layer alone is always computed on the CPU.

Examples:
  width-sweep verify --quick            every claim at small sizes
  width-sweep verify --list             the claims with their predictions and cost; trains nothing
  width-sweep verify --only network     the claims whose name starts so
  width-sweep verify --rejudge figures/verify
                                        new rules on old tables

Exit codes: 0 done, whatever the verdicts; 1 something failed, or a negative control was not
refuted, so that the verdicts cannot be trusted; 2 the request is at fault.";

/// Arguments of `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// Topic files (TOML) with claims and studies [default: those of experiments/verify/]
    pub topics: Vec<PathBuf>,
    /// Where results go: a new directory or an earlier verification's, which is gone on with
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
    /// Print the claims with their predictions and tolerances, and train nothing
    #[arg(long)]
    pub list: bool,
}
