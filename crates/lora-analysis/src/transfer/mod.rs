//! `transfer`: a learning rate carried to another width, rank, alpha or LoRA+ ratio. Measurements
//! are interpolated; a fitted power goes beyond them where they are one, and the theory answers
//! where nothing was measured.

mod answer;
mod change;
mod curve;
mod factor;
mod remarks;
mod request;
mod stored;
mod text;

use width_sweep::cli::TransferArgs;
use lora_experiment::error::CommandError;
use answer::Answer;

/// The answer in words, or as JSON.
///
/// # Errors
/// A usage error for a request that contradicts itself, and for one that has no safe answer.
pub fn transfer(arguments: &TransferArgs) -> Result<String, CommandError> {
    let answer =
        Answer::to(arguments).map_err(|error| CommandError::Usage(format!("transfer: {error}")))?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&answer).map_err(CommandError::failed)?;
        return Ok(text + "\n");
    }
    Ok(text::render(&answer))
}
