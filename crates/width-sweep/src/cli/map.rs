//! Arguments of `map`.

use std::path::PathBuf;

use clap::Args;

/// What follows the arguments.
pub const MAP_HELP: &str = "\
The paper's synthetic figures show η_opt along n^-1/2 under Init[A] and n^-1 under Init[B], and at
the widest network a much larger Z_A and a lower loss under Init[A]. What was chosen to get them is
not public. Each DIR holds the runs of one setting over a fixed grid of learning rates, such as
`run map` trains. `map` reads them as many experiments: fewer steps, the final or the mean loss, a
coarse grid, and the learning rate of each width or of the narrowest. It says what comes out.

Examples:
  width-sweep run map --set model.readout_exponent=1 --out runs/map/a-1
  width-sweep map runs/map/* --out runs/map-all

Exit codes: 0 done; 1 something failed; 2 the request is at fault, and nothing was written.";

/// Arguments of `map`.
#[derive(Clone, Debug, Args)]
pub struct MapArgs {
    /// Directories of sweeps, a setting each
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// Where table and figure go: a new directory or that of an earlier map
    #[arg(long, value_name = "DIR2", default_value = "runs/map-all")]
    pub out: PathBuf,
}
