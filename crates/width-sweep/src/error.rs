//! What the command says when it cannot do what it was asked.

use std::path::Path;

/// A text that was not written by this program, on one line and without what a terminal would obey.
pub fn on_one_line(text: &str) -> String {
    let shown =
        |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// An error of the command, with its exit code.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The request is at fault; nothing was run or written. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The request was good and something else failed. Exit code 1.
    #[error("{0}")]
    Failed(String),
    /// Asked to stop, as by Ctrl-C. Exit code 130, as of a program that Ctrl-C ends.
    #[error("{0}")]
    Interrupted(String),
}

impl CommandError {
    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
            Self::Interrupted(_) => 130,
        }
    }

    /// Something failed that the request is not to blame for.
    pub fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// Something failed with a file.
    pub fn file(path: &Path, error: impl std::fmt::Display) -> Self {
        Self::Failed(format!("{}: {error}", path.display()))
    }
}
