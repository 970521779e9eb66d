//! `transfer`: a learning rate carried to another width, rank, alpha or LoRA+ ratio.

use lora_analysis::transfer::{Answer, Asked};
use lora_experiment::error::CommandError;

use crate::cli::TransferArgs;
use crate::transfer_text::render;

/// The answer in words, or as JSON.
///
/// # Errors
/// A usage error for a request that contradicts itself, and for one that has no safe answer.
pub fn transfer(arguments: &TransferArgs) -> Result<String, CommandError> {
    let asked = Asked::from(arguments);
    let answer =
        Answer::to(&asked).map_err(|error| CommandError::Usage(format!("transfer: {error}")))?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&answer).map_err(CommandError::failed)?;
        return Ok(text + "\n");
    }
    Ok(render(&answer))
}
