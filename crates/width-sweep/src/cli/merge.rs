//! Arguments of `merge`.

use std::path::PathBuf;

use clap::Args;

/// What follows the arguments.
pub const MERGE_HELP: &str = "\
The shards must belong to one sweep or verification: the same experiment or topics, trained by
engines of the same numerics. The command names what is missing and how to train it. OUT gets the
same tables and figures, byte for byte, as one call for the whole would write. Runs that OUT stores
already count, and stay.

Examples:
  width-sweep merge runs/paper --out runs/paper/merged       all shards in a directory
  width-sweep merge a/shard-1-of-2 b/shard-2-of-2 --out all  shards fetched from two machines

Exit codes: 0 done; 1 something failed; 2 the request is at fault, or something is missing.";

/// Arguments of `merge`.
#[derive(Clone, Debug, Args)]
pub struct MergeArgs {
    /// Directories of shards, or directories that hold some; they stay as they are
    #[arg(required = true)]
    pub dirs: Vec<PathBuf>,
    /// Where the merged sweep goes: a new directory, or that of an earlier run or merge, whose finished
    /// runs stay and whose other files are replaced
    #[arg(long, value_name = "OUT")]
    pub out: PathBuf,
}
