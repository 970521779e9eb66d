//! `export-adapter`: the adapters of a stored run, in PEFT's format.

use lora_runner::adapter_export::{Choice, export_adapter as export};

use crate::cli::AdapterArgs;
use crate::error::CommandError;
use crate::threads::pool;

/// Trains the run again, compares it with what is stored, and writes its adapters.
pub fn export_adapter(arguments: &AdapterArgs) -> Result<String, CommandError> {
    let AdapterArgs { run, init, width, seed, lr, out, threads } = arguments;
    let choice = Choice { init: *init, width: *width, seed: *seed, lr: *lr };
    Ok(pool(*threads)?.install(|| export(run, &choice, out.as_deref()))?.to_string())
}
