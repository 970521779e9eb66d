//! Questions with worked answers as lines of JSON, as GSM8K has them.

use std::path::Path;

use super::json_lines::objects;
use crate::error::TextError;

/// What stands before the number at the end of an answer.
const MARK: &str = "#### ";

/// The same in what a model has written, where a blank may be missing.
const WRITTEN_MARK: &str = "####";

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

/// What may stand before a number, and between its minus sign and its digits: blanks and signs of currency.
const BEFORE: [char; 5] = [' ', '$', '€', '£', '¥'];

/// The number that an answer states behind the first `####`, spelled in one way: without commas, the signs $, €, £
/// and ¥ before it, and zeros that change nothing. None where no number follows.
pub fn stated_number(answer: &str) -> Option<String> {
    let (_, behind) = answer.split_once(WRITTEN_MARK)?;
    let behind = behind.trim_start_matches(BEFORE);
    let (sign, behind) = match behind.strip_prefix('-') {
        Some(rest) => ("-", rest.trim_start_matches(BEFORE)),
        None => ("", behind),
    };
    let end = behind.find(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.')));
    let digits = behind[..end.unwrap_or(behind.len())].replace(',', "");
    let (whole, rest) = digits.split_once('.').unwrap_or((&digits, ""));
    // What follows a second point belongs to the next sentence.
    let fraction = rest.split('.').next().unwrap_or_default().trim_end_matches('0');
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        some => some,
    };
    let sign = if whole == "0" && fraction.is_empty() { "" } else { sign };
    Some(match fraction {
        "" => format!("{sign}{whole}"),
        some => format!("{sign}{whole}.{some}"),
    })
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
