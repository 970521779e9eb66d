//! `advise`: from a PEFT config and a base model's configuration to an answer.

use lora_advice::advise::{AdviseAnswer, AdviseError, AdviseRequest, render};

use crate::cli::AdviseArgs;
use crate::error::CommandError;

/// The answer in words, or as JSON.
///
/// # Errors
/// A usage error for a file that is at fault, and for a request to which no answer is safe.
pub fn advise(arguments: &AdviseArgs) -> Result<String, CommandError> {
    let asked = AdviseRequest::from(arguments);
    let usage = |error| CommandError::Usage(format!("advise: {}", flags(&error)));
    let answer = AdviseAnswer::to(&asked).map_err(usage)?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&answer).map_err(CommandError::failed)?;
        return Ok(text + "\n");
    }
    Ok(render(&answer))
}

/// An error in terms of the flags.
fn flags(error: &AdviseError) -> String {
    match error {
        AdviseError::KnownOfNothing => {
            "--from-lr needs --from-peft, --from-model or both: the config for \
                                        which that learning rate is known"
                .to_owned()
        }
        error => error.to_string(),
    }
}
