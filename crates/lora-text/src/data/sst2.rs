//! Labelled sentences as tab-separated values, as GLUE has SST-2.

use std::path::Path;

use super::whole;
use crate::error::TextError;

/// Names that the column of texts may have.
const TEXTS: [&str; 3] = ["sentence", "content", "text"];
const LABEL: &str = "label";

/// A text with its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// The text.
    pub text: String,
    /// The class, from 0.
    pub label: u32,
}

/// Reads a table whose first line names its columns: `label`, and one of `sentence`, `content` and `text`,
/// in any order and among others. A tab always ends a column; nothing is quoted.
///
/// # Errors
/// If the file cannot be read; or a line, named in the message, lacks a column, a text or a whole number.
pub fn read_sst2(path: &Path) -> Result<Vec<Labelled>, TextError> {
    let text = whole(path)?;
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let place = |known: &[&str]| {
        let place = names.iter().position(|name| known.contains(name));
        place.ok_or_else(|| {
            TextError::line(
                path,
                1,
                format!("no column is called {}; the first line names columns", known.join(" or ")),
            )
        })
    };
    let (text_at, label_at) = (place(&TEXTS)?, place(&[LABEL])?);
    let mut all = Vec::new();
    for (at, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let refuse = |what: String| TextError::line(path, at + 2, what);
        if columns.len() != names.len() {
            return Err(refuse(format!(
                "has {} columns; the first line names {}",
                columns.len(),
                names.len()
            )));
        }
        let (text, label) = (columns[text_at], columns[label_at]);
        if text.trim().is_empty() {
            return Err(refuse("has no text".to_owned()));
        }
        let label = label.parse().map_err(|_| {
            refuse(format!(
                "the label is `{}`; valid is a whole number from 0",
                label.escape_debug()
            ))
        })?;
        all.push(Labelled { text: text.to_owned(), label });
    }
    if all.is_empty() {
        return Err(TextError::file(path, "has no line with a label"));
    }
    Ok(all)
}
