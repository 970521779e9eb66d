//! What can go wrong with a transformer's files and settings.

use lora_checkpoint::CheckpointError;
use lora_text::TextError;
use lora_transformer::error::TransformerError;

/// Why a transformer cannot be trained as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FinetuneError {
    /// A checkpoint cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A text or a tokenizer cannot be read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A setting does not go with the model.
    #[error(transparent)]
    Transformer(#[from] TransformerError),
    /// A key of the experiment does not go with its files.
    #[error("{key} = {value} does not fit: {valid}")]
    Key {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What would be valid.
        valid: String,
    },
    /// A pretraining ended without a model.
    #[error("pretraining at width {width} diverged after {step} steps{}: make transformer.pretrain_lr smaller", module.as_ref().map_or(String::new(), |module| format!(", first in {module}")))]
    Diverged {
        /// n.
        width: usize,
        /// Updates that were made.
        step: usize,
        /// The first module whose outputs were not finite.
        module: Option<String>,
    },
    /// A thread cannot be started.
    #[error("no thread could be started for pretraining: {0}")]
    Thread(String),
}

impl FinetuneError {
    /// A key that does not go with the files.
    pub fn key(key: &'static str, value: impl ToString, valid: impl Into<String>) -> Self {
        Self::Key { key, value: value.to_string(), valid: valid.into() }
    }
}
