//! Where a key's value was written, for messages: the file, its `[quick]` table, or a setting beside
//! the file.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::error::{KeyError, Place};
use crate::experiment::aliases::{ALIASES, Alias};
use crate::experiment::assign::Assignment;
use crate::experiment::keys::{Keys, lookup};

/// The sources of an experiment's values, later ones over earlier ones.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The file, as the user named it.
    pub file: String,
    /// Its own `[quick]` table, where that was put over it.
    pub quick: Table,
    /// The settings put over both.
    pub set: Vec<Assignment>,
    /// The keys of the file that were written by their second names.
    pub by_alias: BTreeSet<String>,
}

impl Origin {
    /// What is wrong with a key, with its value. `other` is a second key that it depends on.
    pub fn error(
        &self,
        table: &Table,
        (key, other): (&str, Option<&str>),
        reason: &str,
    ) -> KeyError {
        let given = lookup(table, key);
        let keys = Keys::new();
        KeyError {
            file: self.file.clone(),
            place: self.place(key, other),
            key: self.as_written(key),
            value: given.or_else(|| keys.default_of(key)).map(shown),
            is_default: given.is_none() && keys.default_of(key).is_some(),
            reason: reason.to_owned(),
        }
    }

    fn place(&self, key: &str, other: Option<&str>) -> Place {
        let set = |key: &str| self.set.iter().any(|assignment| assignment.key == key);
        let quick = |key: &str| lookup(&self.quick, key).is_some();
        match other {
            _ if set(key) => Place::Setting,
            Some(other) if set(other) => Place::FileWithSetting(self.as_written(other)),
            _ if quick(key) => Place::Quick,
            Some(other) if quick(other) => Place::FileWithQuick(self.as_written(other)),
            _ => Place::File,
        }
    }

    /// A key by the name that the user has given it, which is the last one where there are several.
    fn as_written(&self, key: &str) -> String {
        let set = self.set.iter().rev().find(|assignment| assignment.key == key);
        let by_alias = set.map_or(self.by_alias.contains(key), |assignment| assignment.by_alias);
        let alias = ALIASES.iter().find(|alias| by_alias && alias.key() == key);
        alias.map_or_else(|| key.to_owned(), Alias::second)
    }
}

/// Longest value that a message shows in full, in characters.
const LONGEST: usize = 72;

/// A value as TOML, on one line; a long one without its middle.
pub fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("{text:?}"),
        Value::Float(x) if x.is_finite() && *x != 0.0 && !(1e-3..1e7).contains(&x.abs()) => {
            format!("{x:e}")
        }
        other => other.to_string().replace('\n', "\\n"),
    };
    let length = text.chars().count();
    if length <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST - 24).collect();
    let tail: String = text.chars().skip(length - 16).collect();
    let size = match value {
        Value::Array(entries) => format!("{} entries", entries.len()),
        _ => format!("{length} characters"),
    };
    format!("{head} … {tail} ({size})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_on_one_short_line() {
        assert_eq!(shown(&Value::Float(f64::NAN)), "nan");
        assert_eq!(shown(&Value::Float(-1e-8)), "-1e-8");
        assert_eq!(shown(&Value::Float(1e-310)), "1e-310");
        assert_eq!(shown(&Value::Float(0.0)), "0.0");
        assert_eq!(shown(&Value::Float(100.0)), "100.0");
        assert_eq!(shown(&Value::String("a\n\"b\"".into())), r#""a\n\"b\"""#);
        let long = shown(&Value::Array((0..5000).map(Value::Integer).collect()));
        assert!(long.starts_with("[0, 1, 2") && long.ends_with("4998, 4999] (5000 entries)"));
        assert!(long.chars().count() < 110);
        let nested = shown(&Value::Array(vec![Value::String("a\nb".into())]));
        assert!(!nested.contains('\n'), "{nested}");
    }
}
