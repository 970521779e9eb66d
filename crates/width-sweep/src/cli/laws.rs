//! Arguments of `laws`.

use std::path::PathBuf;

use clap::Args;

/// What follows the arguments.
pub const LAWS_HELP: &str = "\
Each DIR is that of a finished run of an experiment, of the synthetic network or of a transformer,
over two widths or more. `laws` sets their exponents side by side: of the best and the largest
stable learning rate, and of Z_A and Z_B at the best one. Of a transformer it measures how the
backward signal falls with the width, n^-a, and asks the calculus what one LoRA layer with such a
signal does. A run goes by the last name in DIR. The figure of all exponents is left out of more
than eight runs; laws.csv has them. --stability draws for each run the curves that its largest stable
learning rate is read from; a call without it removes these figures.

Examples:
  width-sweep laws figures/paper figures/mup-readout
  width-sweep laws runs/laws/* --out runs/side-by-side

Exit codes: 0 done; 1 something failed; 2 the request is at fault, and nothing was written.";

/// Arguments of `laws`.
#[derive(Clone, Debug, Args)]
pub struct LawsArgs {
    /// Directories of finished runs, in the order of the table
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// Where table and figures go: a new directory or that of earlier laws
    #[arg(long, value_name = "DIR2", default_value = "runs/side-by-side")]
    pub out: PathBuf,
    /// Draw for each run, too, the largest Z_B and the movement of B against the learning rate
    #[arg(long)]
    pub stability: bool,
}
