//! Arguments of `limit`.

use std::path::PathBuf;

use clap::Args;
use lora_theory::{Rational, parse_rational};

use crate::cli::Threads;

/// What follows the arguments.
pub const LIMIT_HELP: &str = "\
At the critical exponent, η = c n^γ, training tends to a limit as n → ∞, in which the loss is a function
of c. The command searches c by the rules by which `run` searches η, and prints for each init the best c,
its basin, the largest c at which Z_B stays under search.stability_bound, and the lowest loss with its
error. With both inits it says which ends lower, paired by seed, where the errors allow it. Where there is
no limit, it says which quantity does what.

With --out it writes limit.json (what --json prints), limit.csv (one row for each run of a limit), manifest.json
(where they come from) and, for each readout, a figure of the loss against c, as .png, .svg and .csv (the data
it draws).

Examples:
  width-sweep limit                            the constants of the paper's setting
  width-sweep limit --quick                    at small sizes, in seconds
  width-sweep limit paper --readout 1/2,1      which init ends lower with each readout
  width-sweep limit paper --out runs/limit     with a table of all runs and a figure
  width-sweep limit paper --lr-exponent -1/2   why there is no limit at another exponent
  width-sweep limit gelu --dry-run             the memory and the time that it takes

Exit codes: 0 done; 1 something failed; 2 the request is at fault, and nothing was run; 130 stopped
by Ctrl-C.";

/// Arguments of `limit`.
#[derive(Clone, Debug, Args)]
pub struct LimitArgs {
    /// An experiment file (TOML), or the name of one in experiments/ [default: paper]
    pub experiment: Option<PathBuf>,
    /// Small sizes, to see everything work
    #[arg(long)]
    pub quick: bool,
    /// Change one key, such as model.multiplier=2 or training.steps=50; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Readout exponents, such as 1/2,1 [default: that of the experiment]
    #[arg(long, value_name = "a", value_parser = parse_rational, allow_hyphen_values = true)]
    #[arg(value_delimiter = ',')]
    pub readout: Vec<Rational>,
    /// γ in η = c n^γ [default: the critical exponent of each init]
    #[arg(long, value_name = "γ", value_parser = parse_rational, allow_hyphen_values = true)]
    pub lr_exponent: Option<Rational>,
    /// The width of the runs from which the limit takes what stays random in it [default: the widest
    /// of the experiment up to 4096]
    #[arg(long, value_name = "n", value_parser = clap::value_parser!(u32).range(1..))]
    pub width: Option<u32>,
    /// Neurons M of the quadrature, an even number [default: 1024, or 256 with --quick]
    #[arg(long, value_name = "M")]
    pub neurons: Option<u32>,
    /// Neurons L over which the lowest loss is solved, and again over L/2 and L/4, which shows its bias: 4 M, 8 M, 12 M,
    /// … It takes most memory, and its error decides whether the inits can be compared [default: 4 M]
    #[arg(long, value_name = "L")]
    pub loss_neurons: Option<u32>,
    /// Times that the quadrature is repeated; the spread is one part of the stated error, and the bias is
    /// the other [default: 2]
    #[arg(long, value_name = "COUNT")]
    pub replicates: Option<u32>,
    /// Threads to compute on.
    #[command(flatten)]
    pub threads: Threads,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
    /// Where to write limit.json, limit.csv and the figures: a new directory, or one that limit wrote
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print the memory and the time that it takes; solves and writes nothing
    #[arg(long, conflicts_with = "json")]
    pub dry_run: bool,
}
