//! The threads that a command computes on.

use lora_runner::threads;

use crate::cli::Threads;
use crate::error::CommandError;

/// As many threads as were asked for; all cores if no number is given.
pub fn pool(Threads { threads }: Threads) -> Result<rayon::ThreadPool, CommandError> {
    Ok(threads::pool(threads)?)
}
