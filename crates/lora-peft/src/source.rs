//! Where a configuration is read.

use std::path::{Path, PathBuf};

use lora_checkpoint::{CheckpointError, JsonFile};

/// A configuration: a file, or what a file would hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// A file, or the folder that holds it.
    File(PathBuf),
    /// Its text.
    Text {
        /// What messages call it.
        name: String,
        /// One JSON object.
        text: String,
    },
}

impl ConfigSource {
    /// Reads it; `usual` is the name of the file in a folder.
    pub(crate) fn read(&self, usual: &str) -> Result<JsonFile, CheckpointError> {
        match self {
            Self::File(path) if path.is_dir() => JsonFile::open(&path.join(usual)),
            Self::File(path) => JsonFile::open(path),
            Self::Text { name, text } => JsonFile::of_text(name, text),
        }
    }
}

impl From<&Path> for ConfigSource {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}
