//! What can be wrong with a text or a tokenizer.

use std::io;
use std::path::{Path, PathBuf};

use lora_checkpoint::CheckpointError;

/// Why a text or a tokenizer cannot be read or made. The message begins with the file, if there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// The system refuses.
    #[error("{}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A line of a data set is not what it should be.
    #[error("{}:{line}: {what}", file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong, in words.
        what: String,
    },
    /// A file as a whole is not what it should be.
    #[error("{}: {what}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong, in words.
        what: String,
    },
    /// A tokenizer cannot be trained to this number of tokens.
    #[error("vocabulary = {vocabulary} is out of range: {valid}")]
    Vocabulary {
        /// As asked for.
        vocabulary: usize,
        /// What would be valid.
        valid: String,
    },
    /// A GGUF file cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl TextError {
    pub(crate) fn io(file: &Path, source: io::Error) -> Self {
        Self::Io { file: file.to_owned(), source }
    }

    pub(crate) fn line(file: &Path, line: usize, what: impl Into<String>) -> Self {
        Self::Line { file: file.to_owned(), line, what: what.into() }
    }

    pub(crate) fn file(file: &Path, what: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), what: what.into() }
    }
}
