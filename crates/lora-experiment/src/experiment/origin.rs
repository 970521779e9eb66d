//! Where a key's value was written, for messages: the file, its `[quick]` table, or a setting beside
//! the file.

use std::collections::BTreeSet;

use toml::Table;

use crate::error::{KeyError, KeyPlace};
use crate::experiment::aliases::{ALIASES, Alias};
use crate::experiment::assign::Assignment;
use crate::experiment::keys::{Keys, lookup};
use crate::experiment::shown::shown;

/// The sources of an experiment's values, later ones over earlier ones.
#[derive(Clone, Debug, Default)]
pub struct KeyOrigins {
    /// The file, as the user named it.
    pub file: String,
    /// Its own `[quick]` table, where that was put over it.
    pub quick: Table,
    /// The settings put over both.
    pub set: Vec<Assignment>,
    /// The keys of the file that were written by their second names.
    pub by_alias: BTreeSet<String>,
}

impl KeyOrigins {
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

    fn place(&self, key: &str, other: Option<&str>) -> KeyPlace {
        let set = |key: &str| self.set.iter().any(|assignment| assignment.key == key);
        let quick = |key: &str| lookup(&self.quick, key).is_some();
        match other {
            _ if set(key) => KeyPlace::Setting,
            Some(other) if set(other) => KeyPlace::FileWithSetting(self.as_written(other)),
            _ if quick(key) => KeyPlace::Quick,
            Some(other) if quick(other) => KeyPlace::FileWithQuick(self.as_written(other)),
            _ => KeyPlace::File,
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
