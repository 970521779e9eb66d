//! What can go wrong before a step is made.

use lora_checkpoint::CheckpointError;

/// Why a model cannot be built or trained as asked.
#[derive(Debug, thiserror::Error)]
pub enum TransformerError {
    /// A checkpoint cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),

    /// A task that the architecture has no head for.
    #[error("{family} is {kind}: it cannot be trained {task}")]
    Task {
        /// The family's name.
        family: String,
        /// What it is.
        kind: &'static str,
        /// What was asked.
        task: &'static str,
    },

    /// No module has a name that was asked for.
    #[error("{key}: no module matches {pattern}: this model has {valid}")]
    NoModule {
        /// The setting.
        key: &'static str,
        /// What was asked for.
        pattern: String,
        /// The last parts of the names of all modules.
        valid: String,
    },

    /// A pattern of single modules matches none that is adapted.
    #[error("{key}: no adapted module matches {pattern}: LoRA is on {valid}")]
    NoAdapted {
        /// The setting.
        key: &'static str,
        /// The pattern.
        pattern: String,
        /// The last parts of the names of adapted modules.
        valid: String,
    },

    /// Two patterns give a module different values.
    #[error(
        "{key}: {first} and {second} both match {module} and differ: write patterns of which one matches"
    )]
    TwoPatterns {
        /// The setting.
        key: &'static str,
        /// The module.
        module: String,
        /// A pattern.
        first: String,
        /// Another one.
        second: String,
    },

    /// Every module that was asked for is left out again.
    #[error("target_modules: {key} leaves no module to adapt")]
    NoneLeft {
        /// The setting that leaves out the last of them.
        key: &'static str,
    },

    /// A pattern that is no regular expression.
    #[error("{key}: {pattern} is no regular expression: {why}")]
    Pattern {
        /// The setting.
        key: &'static str,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },

    /// A number out of its range.
    #[error("{key} = {value} is out of range: {valid}")]
    OutOfRange {
        /// Of the setting.
        key: &'static str,
        /// As given.
        value: String,
        /// What would be valid.
        valid: String,
    },

    /// A sequence that the model cannot take.
    #[error("sequence {index}: {why}")]
    Sequence {
        /// Its number in the data.
        index: usize,
        /// What is wrong with it.
        why: String,
    },

    /// An adapter that does not fit the model.
    #[error("adapter: {why}")]
    Adapter {
        /// What does not fit.
        why: String,
    },

    /// A saved state that cannot be continued from.
    #[error("state: {why}")]
    State {
        /// What is wrong with it.
        why: String,
    },
}

impl TransformerError {
    /// A number out of its range.
    pub fn out_of_range(key: &'static str, value: impl ToString, valid: impl ToString) -> Self {
        Self::OutOfRange { key, value: value.to_string(), valid: valid.to_string() }
    }
}
