//! What can be wrong with the data that an experiment names.

use std::fmt::Display;

use lora_experiment::experiment::TransformerSection;
use lora_text::TextError;
use lora_transformer::error::TransformerError;

/// Why data cannot be made sequences of.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A key of the experiment does not go with its files, or names one that cannot be used.
    #[error("{key}: {reason}")]
    Key {
        /// The key.
        key: &'static str,
        /// What is wrong, and what would be valid.
        reason: String,
    },
    /// A tokenizer fails.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A model cannot take a prompt.
    #[error(transparent)]
    Transformer(#[from] TransformerError),
}

impl DataError {
    /// A key whose value must be another.
    pub fn key(key: &'static str, valid: impl Display) -> Self {
        Self::Key { key, reason: format!("must be {valid}") }
    }

    /// A key that names a file which is not there. The experiment may say how to come by it.
    pub fn absent(key: &'static str, valid: &str, section: &TransformerSection) -> Self {
        let get = match &section.where_to_get[..] {
            "" => String::new(),
            get => format!(": {get}"),
        };
        Self::key(key, format!("{valid}; there is nothing at this path{get}"))
    }

    /// What is wrong with the file that a key names.
    pub fn file<E: Display>(key: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Key { key, reason: error.to_string() }
    }
}
