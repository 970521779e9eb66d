//! Arguments of `report`.

use std::path::PathBuf;

use clap::Args;

/// What follows the arguments.
pub const REPORT_HELP: &str = "\
The page is one file that loads nothing. It shows exponents with intervals and predictions, an
explorer of the measurements, a map of the theory, verdicts, the run's figures, and the commands that
make it again. It depends only on what is in the directories. DIR may also be what `diagnose --out` wrote.

The verdicts come from --verify VERIFY_DIR if you name one. Otherwise they come from DIR itself if it
holds a claims.csv, or from the directory `verify` beside DIR, such as runs/verify beside runs/paper, or
from `verify-quick` there.

Examples:
  width-sweep report runs/paper
  width-sweep report runs/paper --verify figures/verify --out paper.html

Exit codes: 0 done; 1 something failed; 2 the request is at fault, and nothing was written.";

/// Arguments of `report`.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// The directory of a finished run, or of a diagnosis
    pub dir: PathBuf,
    /// The file to write, in a directory that exists, or - for standard output. An existing file is
    /// replaced only if it is an earlier page [default: DIR/report.html]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A verification's directory [default: see below]
    #[arg(long, value_name = "VERIFY_DIR")]
    pub verify: Option<PathBuf>,
}
