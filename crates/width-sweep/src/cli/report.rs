//! Arguments of `report`.

use std::path::PathBuf;

use clap::Args;

/// What follows the arguments.
pub const REPORT_HELP: &str = "\
The page is one file that loads nothing: exponents with intervals and predictions, an explorer of
what was measured, a map of what the theory says, verdicts, the run's figures, and how to make it
again. It depends on what is in the directories alone.

Verdicts are those of --verify DIR; else of DIR itself, if it holds a claims.csv; else of the
directory `verify` beside DIR, such as runs/verify beside runs/paper; else of `verify-quick` there.

Examples:
  width-sweep report runs/paper
  width-sweep report runs/paper --verify figures/verify --out paper.html

Exit codes: 0 done; 1 something failed; 2 the request is at fault, and nothing was written.";

/// Arguments of `report`.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// The directory of a finished run
    pub dir: PathBuf,
    /// The file to write, in a directory that exists, or - for standard output; of files that are there
    /// only an earlier page is replaced [default: DIR/report.html]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A verification's directory [default: see below]
    #[arg(long, value_name = "VERIFY_DIR")]
    pub verify: Option<PathBuf>,
}
