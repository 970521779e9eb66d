//! A configuration file by its keys, for readers with rules of their own.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::adapter::Ordered;
use crate::config_json::Fields;
use crate::error::CheckpointError;
use crate::strict_json::{Object, parse, read_small};

/// A small JSON file that holds one object, without a key that is there twice.
#[derive(Clone, Debug)]
pub struct JsonFile {
    path: PathBuf,
    text: Vec<u8>,
    all: Map<String, Value>,
}

/// A value whose keys have an order, if it is an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum InOrder {
    Object(Ordered<Value>),
    Other(Value),
}

impl JsonFile {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is too large, or is not the JSON of one object.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        Self::of(path, read_small(path)?)
    }

    /// Reads what a file would hold; `name` stands for its path.
    ///
    /// # Errors
    /// If it is not the JSON of one object.
    pub fn of_text(name: &str, text: &str) -> Result<Self, CheckpointError> {
        Self::of(Path::new(name), text.as_bytes().to_vec())
    }

    fn of(path: &Path, text: Vec<u8>) -> Result<Self, CheckpointError> {
        let all = parse::<Object<Value>>(path, &text)?.0.into_iter().collect();
        Ok(Self { path: path.to_owned(), text, all })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its keys.
    pub fn fields(&self) -> Fields<'_> {
        Fields::new(&self.path, "", &self.all)
    }

    /// The keys and values of an object inside, in the order of the file; empty if it is absent.
    ///
    /// # Errors
    /// If the value is no object, or has a key twice.
    pub fn in_order(&self, key: &str) -> Result<Vec<(String, Value)>, CheckpointError> {
        if self.fields().get(key).is_none() {
            return Ok(Vec::new());
        }
        let mut all = parse::<Object<InOrder>>(&self.path, &self.text)?.0;
        match all.remove(key) {
            Some(InOrder::Object(Ordered(values))) => Ok(values),
            Some(InOrder::Other(Value::Object(_))) => {
                Err(self.fields().refuse(key, "valid is an object that has every key once"))
            }
            _ => Err(self.fields().refuse(key, "valid is an object")),
        }
    }
}
