//! Files with a JSON object on every line.

use std::path::Path;

use serde_json::{Map, Value};

use super::whole;
use crate::error::TextError;

/// Longest list of fields in a message.
const MOST_NAMES: usize = 12;

/// An object with the number of its line.
pub(super) struct Object<'p> {
    file: &'p Path,
    /// From 1.
    line: usize,
    fields: Map<String, Value>,
}

impl Object<'_> {
    /// What is wrong with this line.
    pub fn refuse(&self, what: impl Into<String>) -> TextError {
        TextError::line(self.file, self.line, what)
    }

    /// A field that must be a text.
    pub fn text(&self, name: &str) -> Result<&str, TextError> {
        let text = self.fields.get(name).and_then(Value::as_str);
        text.ok_or_else(|| self.refuse(format!("has no text under `{}`", name.escape_debug())))
    }

    /// The names of all fields, for messages.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.fields.keys().map(String::as_str).collect();
        let shown = names.iter().take(MOST_NAMES).map(|name| name.escape_debug().to_string());
        let shown = shown.collect::<Vec<_>>().join(", ");
        match names.len() {
            0 => "nothing".to_owned(),
            count if count > MOST_NAMES => format!("{shown} and {} more", count - MOST_NAMES),
            _ => shown,
        }
    }

    /// Whether there is such a field.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }
}

/// The objects of a file. Empty lines are skipped.
pub(super) fn objects(path: &Path) -> Result<Vec<Object<'_>>, TextError> {
    let text = whole(path)?;
    let mut all = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let refuse = |what: String| TextError::line(path, at + 1, what);
        let value: Value =
            serde_json::from_str(line).map_err(|error| refuse(format!("is no JSON: {error}")))?;
        let Value::Object(fields) = value else {
            return Err(refuse("is no JSON object: write {\"name\": \"text\", ...}".to_owned()));
        };
        all.push(Object { file: path, line: at + 1, fields });
    }
    Ok(all)
}
