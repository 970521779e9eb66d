//! `transfer`: a learning rate carried to another width or rank, by measurement where there is one
//! and by theory elsewhere.

mod answer;
mod stored;
mod text;

use crate::cli::TransferArgs;
use crate::error::CommandError;
use answer::Answer;

/// The answer in words, or as JSON.
pub fn transfer(arguments: &TransferArgs) -> Result<String, CommandError> {
    let answer = Answer::to(arguments)?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&answer).map_err(CommandError::failed)?;
        return Ok(text + "\n");
    }
    Ok(text::render(&answer))
}
