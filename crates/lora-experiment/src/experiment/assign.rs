//! Assignments to keys: `key=value`.

use toml::{Table, Value};

use crate::error::{ExperimentError, KeyError, KeyPlace};
use crate::experiment::aliases::of_second;
use crate::experiment::keys::Keys;
use crate::experiment::shown::shown;

/// One key and the value put on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The key in full.
    pub key: String,
    /// Whether it was given by its second name.
    pub by_alias: bool,
    value: Value,
}

impl Assignment {
    /// Reads `key=value`; the value is TOML, or a bare word for a text.
    ///
    /// # Errors
    /// If the text has another form, or there is no such key.
    pub fn parse(text: &str, keys: &Keys) -> Result<Self, ExperimentError> {
        let Some((key, value)) = text.split_once('=') else {
            return Err(ExperimentError::NoAssignment { text: text.to_owned() });
        };
        let path: Vec<&str> = key.split('.').map(str::trim).collect();
        if path.iter().any(|part| part.is_empty()) {
            return Err(ExperimentError::IncompleteKey { text: text.to_owned() });
        }
        let value = read(value);
        if let Some(alias) = of_second(&path.join(".")) {
            return Ok(Self { key: alias.key(), by_alias: true, value });
        }
        keys.check_path(&path).map_err(|bad| KeyError {
            file: String::new(),
            place: KeyPlace::Setting,
            key: bad.key,
            value: Some(shown(&value)),
            is_default: false,
            reason: bad.reason,
        })?;
        Ok(Self { key: path.join("."), by_alias: false, value })
    }

    /// Puts the value into a table whose sections are tables.
    pub fn apply(&self, table: &mut Table) {
        let value = self.value.clone();
        match self.key.split_once('.') {
            None => drop(table.insert(self.key.clone(), value)),
            Some((section, name)) => {
                let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
                if let Value::Table(section) = section {
                    section.insert(name.to_owned(), value);
                }
            }
        }
    }
}

fn read(text: &str) -> Value {
    let parsed = format!("v = {text}").parse::<Table>().ok();
    let only = parsed.filter(|parsed| parsed.len() == 1).and_then(|mut parsed| parsed.remove("v"));
    only.unwrap_or_else(|| Value::String(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_toml_or_bare_words() {
        assert_eq!(read("3"), Value::Integer(3));
        assert_eq!(read(" 1e-3 "), Value::Float(1e-3));
        assert_eq!(read("[1, 2]"), Value::Array(vec![Value::Integer(1), Value::Integer(2)]));
        for text in ["tanh", " tanh ", "\"tanh\"", "'tanh'"] {
            assert_eq!(read(text), Value::String("tanh".into()), "{text}");
        }
        assert_eq!(read("1/2"), Value::String("1/2".into()));
        assert_eq!(read("[1, 2"), Value::String("[1, 2".into()));
        assert_eq!(read("1\nw = 2"), Value::String("1\nw = 2".into()));
        assert_eq!(read(""), Value::String(String::new()));
    }
}
