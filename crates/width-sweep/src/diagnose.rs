//! `diagnose`: from trained adapters to what they say of their training.

use lora_diagnosis::{DiagnoseAnswer, DiagnoseError, DiagnoseRequest, KNOWN, render, write};
use lora_runner::progress::tell;
use lora_store::folder::Folder;

use crate::cli::DiagnoseArgs;
use crate::error::CommandError;
use crate::typed;

/// The answer in words, or as JSON; a table and a figure with `--out`.
///
/// # Errors
/// A usage error for an adapter that is at fault, and for a directory that takes no files.
pub fn diagnose(arguments: &DiagnoseArgs) -> Result<String, CommandError> {
    if let Some(out) = &arguments.out {
        Folder::check(out, &KNOWN)?;
    }
    let answer = DiagnoseAnswer::to(&DiagnoseRequest::try_from(arguments)?).map_err(said)?;
    let mut text = match arguments.json {
        true => serde_json::to_string_pretty(&answer).map_err(CommandError::failed)? + "\n",
        false => render(&answer),
    };
    if let Some(out) = &arguments.out {
        for path in write(&answer, out, &typed::again()).map_err(said)? {
            let line = path.display().to_string();
            // Standard output holds the document alone.
            if arguments.json { tell(&line) } else { text += &format!("{line}\n") }
        }
    }
    Ok(text)
}

pub(crate) fn said(error: DiagnoseError) -> CommandError {
    match error {
        DiagnoseError::Store(error) => error.into(),
        DiagnoseError::Spoilt { .. } => CommandError::Usage(error.to_string()),
        DiagnoseError::Adapter(_) | DiagnoseError::Twice(_) => {
            CommandError::Usage(format!("diagnose: {error}"))
        }
        error => CommandError::Failed(format!("diagnose: {error}")),
    }
}
