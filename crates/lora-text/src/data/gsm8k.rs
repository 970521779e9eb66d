//! Questions with worked answers as lines of JSON, as GSM8K has them.

use std::path::Path;

use super::json_lines::objects;
use crate::error::TextError;

/// What stands before the number at the end of an answer.
const MARK: &str = "#### ";

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The question.
    pub question: String,
    /// The steps, and in the last line the number behind `####`.
    pub answer: String,
}

impl Problem {
    /// The number that the answer ends with.
    pub fn result(&self) -> Option<&str> {
        self.answer.rsplit_once(MARK).map(|(_, result)| result.trim())
    }
}

/// Reads lines of JSON with `question` and `answer`. Empty lines are skipped.
///
/// # Errors
/// If the file cannot be read; or a line, named in the message, is no such object.
pub fn read_gsm8k(path: &Path) -> Result<Vec<Problem>, TextError> {
    let mut all = Vec::new();
    for object in objects(path)? {
        let text = |name: &str| match object.text(name)? {
            text if text.trim().is_empty() => {
                Err(object.refuse(format!("has no text under `{name}`")))
            }
            text => Ok(text.to_owned()),
        };
        all.push(Problem { question: text("question")?, answer: text("answer")? });
    }
    if all.is_empty() {
        return Err(TextError::file(path, "has no problem"));
    }
    Ok(all)
}
