//! What can go wrong with a transformer's files and settings.

use std::fmt::Display;

use lora_checkpoint::CheckpointError;
use lora_data::DataError;
use lora_experiment::experiment::TransformerSection;
use lora_sim::SimError;
use lora_text::TextError;
use lora_transformer::error::TransformerError;

/// Why a transformer cannot be trained as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FinetuneError {
    /// A key of the experiment does not go with its files, or names one that cannot be used. Found before
    /// anything is trained.
    #[error("{key}: {reason}")]
    Key {
        /// The key.
        key: &'static str,
        /// What is wrong, and what would be valid.
        reason: String,
    },
    /// A checkpoint cannot be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A text or a tokenizer cannot be made.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A setting does not go with the model.
    #[error(transparent)]
    Transformer(#[from] TransformerError),
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
    /// A training was stopped by whoever watches it, and its state is kept.
    #[error("stopped before the end")]
    Stopped,
    /// A run has no recorded step.
    #[error("no step of the run was recorded")]
    NothingMeasured,
    /// A thread cannot be started.
    #[error("no thread could be started for pretraining: {0}")]
    Thread(String),
}

impl From<DataError> for FinetuneError {
    fn from(error: DataError) -> Self {
        match error {
            DataError::Key { key, reason } => Self::Key { key, reason },
            DataError::Text(error) => Self::Text(error),
            DataError::Transformer(error) => Self::Transformer(error),
        }
    }
}

impl From<FinetuneError> for SimError {
    fn from(error: FinetuneError) -> Self {
        match error {
            FinetuneError::Stopped => Self::Stopped,
            other => Self::Base(other.to_string()),
        }
    }
}

impl FinetuneError {
    /// A key whose value must be another.
    pub fn key(key: &'static str, valid: impl Display) -> Self {
        DataError::key(key, valid).into()
    }

    /// A key that names a file which is not there. The experiment may say how to come by it.
    pub fn absent(key: &'static str, valid: &str, section: &TransformerSection) -> Self {
        DataError::absent(key, valid, section).into()
    }

    /// What is wrong with the file that a key names.
    pub fn file<E: Display>(key: &'static str) -> impl Fn(E) -> Self {
        move |error| DataError::file(key)(error).into()
    }

    /// What is wrong with the recipe of a pretraining, by the key of the experiment that decides it.
    pub fn recipe(error: TransformerError) -> Self {
        let TransformerError::OutOfRange { key, value, valid } = &error else {
            return error.into();
        };
        let known = match *key {
            "width" | "mlp_width" => "model.widths",
            "depth" => "transformer.depth",
            "head_dim" => "transformer.head_dim",
            "vocabulary" => "transformer.vocabulary",
            "context" => "transformer.context",
            "batch" => "transformer.pretrain_batch",
            "steps" => "transformer.pretrain_steps",
            "lr" => "transformer.pretrain_lr",
            "base_width" => "transformer.base_width",
            _ => return error.into(),
        };
        let reason = format!("cannot be pretrained with {value}: {valid}");
        Self::Key { key: known, reason }
    }
}
