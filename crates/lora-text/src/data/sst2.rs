//! Labelled sentences, as GLUE has SST-2.

use std::path::Path;

use super::table::{Columns, read_table};
use crate::error::TextError;

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
    let rows = read_table(path, &Columns::default())?;
    Ok(rows.into_iter().map(|row| Labelled { text: row.text, label: row.label }).collect())
}
