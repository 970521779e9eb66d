//! What is wrong with a key of an experiment.

use std::fmt::{self, Display, Formatter};

/// Where a key was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the file.
    File,
    /// In the file; what it must be depends on another key, which was set beside the file.
    FileWithSetting(String),
    /// In the file's `[quick]` table.
    Quick,
    /// In the file; what it must be depends on another key, from the file's `[quick]` table.
    FileWithQuick(String),
    /// Beside the file, as `KEY=VALUE`.
    Setting,
}

/// A key that there is not, or whose value is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError {
    /// The file that the experiment is from.
    pub file: String,
    /// Where the key was set.
    pub place: KeyPlace,
    /// The key in full, as in `training.steps`, by the name that was used.
    pub key: String,
    /// Its value as TOML; none if it has none.
    pub value: Option<String>,
    /// Whether the value is the default, which nobody has set.
    pub is_default: bool,
    /// What is wrong, and what would be valid.
    pub reason: String,
}

impl KeyError {
    /// The message. `setting` is what stands before a key that was set beside the file.
    pub fn message(&self, setting: &str) -> String {
        let Self { file, key, reason, .. } = self;
        let place = match &self.place {
            KeyPlace::File => format!("{file}: {key}"),
            KeyPlace::FileWithSetting(other) => format!("{file} with {setting} {other}: {key}"),
            KeyPlace::Quick => format!("{file}: quick.{key}"),
            KeyPlace::FileWithQuick(other) => format!("{file} with its quick.{other}: {key}"),
            KeyPlace::Setting => format!("{setting} {key}"),
        };
        let value = self.value.as_ref().map_or_else(String::new, |value| format!(" = {value}"));
        let default = if self.is_default { " (the default)" } else { "" };
        format!("{place}{value}{default}: {reason}")
    }
}

impl Display for KeyError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message("setting"))
    }
}

impl std::error::Error for KeyError {}
