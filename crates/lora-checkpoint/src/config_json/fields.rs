//! Values of a configuration, each checked, each refused with its key.

use std::path::Path;

use serde_json::{Map, Value};

use crate::error::{CheckpointError, short};

/// Keys and values of one JSON object. A value of `null` counts as absent.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    file: &'a Path,
    /// What stands before a key in messages, such as `rope_scaling.`.
    before: &'a str,
    all: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The keys of an object in `file`. `before` stands before every key in messages.
    pub(crate) fn new(file: &'a Path, before: &'a str, all: &'a Map<String, Value>) -> Self {
        Self { file, before, all }
    }

    /// The value of a key, if there is one.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.all.get(key).filter(|value| !value.is_null())
    }

    /// The keys of an object inside this one; none if there is no such object. `before` stands before
    /// each of them in messages, as in `text_config.`.
    pub fn inside(&self, key: &str, before: &'a str) -> Option<Self> {
        let all = self.get(key)?.as_object()?;
        Some(Self { file: self.file, before, all })
    }

    /// Refuses the value of a key.
    pub fn refuse(&self, key: &str, valid: impl Into<String>) -> CheckpointError {
        let value = self.get(key).map_or("missing".to_owned(), |value| short(&value.to_string()));
        CheckpointError::key(self.file, &format!("{}{key}", self.before), value, valid)
    }

    /// A whole number from `least` to `most`; none if the key is absent.
    ///
    /// # Errors
    /// [`CheckpointError::Key`] for any other value.
    pub fn whole(
        &self,
        key: &str,
        least: usize,
        most: usize,
    ) -> Result<Option<usize>, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => {
                Err(self.refuse(key, format!("valid is a whole number from {least} to {most}")))
            }
        }
    }

    /// A whole number from 1 to `most` that must be there.
    ///
    /// # Errors
    /// [`CheckpointError::Key`] for any other value, and if the key is absent.
    pub fn size(&self, key: &str, most: usize) -> Result<usize, CheckpointError> {
        self.whole(key, 1, most)?
            .ok_or_else(|| self.refuse(key, format!("valid is a whole number from 1 to {most}")))
    }

    /// A finite number above zero; none if the key is absent.
    ///
    /// # Errors
    /// [`CheckpointError::Key`] for any other value.
    pub fn positive(&self, key: &str) -> Result<Option<f64>, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.as_f64().filter(|number| number.is_finite() && *number > 0.0) {
            Some(number) => Ok(Some(number)),
            None => Err(self.refuse(key, "valid is a number above 0")),
        }
    }

    /// True or false; `default` if the key is absent.
    ///
    /// # Errors
    /// [`CheckpointError::Key`] for any other value.
    pub fn flag_or(&self, key: &str, default: bool) -> Result<bool, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.refuse(key, "valid is true or false"))
    }

    /// A text; none if the key is absent.
    ///
    /// # Errors
    /// [`CheckpointError::Key`] for any other value.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, CheckpointError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| self.refuse(key, "valid is a text"))
    }
}
