//! What the command says when it cannot do what it was asked, with advice on what to type.

mod analysis;
mod constants;
mod experiment;
mod runner;
mod store;
mod sweep;

pub(crate) use runner::way_out;

use std::path::Path;

/// An error of the command, with its exit code.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The request is at fault; nothing was run or written. Said in one line. Exit code 2.
    #[error("{}", harmless(.0, false))]
    Usage(String),
    /// The request comes too early; nothing was run or written. Exit code 2.
    #[error("{}", harmless(.0, true))]
    Unfinished(String),
    /// The request was good and something else failed. Exit code 1.
    #[error("{}", harmless(.0, true))]
    Failed(String),
    /// Asked to stop, as by Ctrl-C. Exit code 130, as of a program that Ctrl-C ends.
    #[error("{0}")]
    Interrupted(String),
}

impl CommandError {
    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Unfinished(_) => 2,
            Self::Failed(_) => 1,
            Self::Interrupted(_) => 130,
        }
    }

    /// Something failed that the request is not to blame for.
    pub fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    /// Something failed with a file; what is said of it may be the file's own words.
    pub fn file(path: &Path, error: impl std::fmt::Display) -> Self {
        Self::Failed(harmless(&format!("{}: {error}", path.display()), false))
    }
}

/// A message without what a terminal would obey: it may quote what others wrote. With its lines, or
/// all in one.
fn harmless(text: &str, lines: bool) -> String {
    let shown = |c: char| match c {
        '\n' if lines => c.to_string(),
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_does_nothing_to_a_terminal() {
        let said = "η: \u{1b}[2J\u{9b}\r\n1";
        assert_eq!(CommandError::Usage(said.into()).to_string(), "η: \\u{1b}[2J\\u{9b}\\r\\n1");
        assert_eq!(CommandError::Failed(said.into()).to_string(), "η: \\u{1b}[2J\\u{9b}\\r\n1");
        let file = CommandError::file(Path::new("a\nb"), said).to_string();
        assert_eq!(file, "a\\nb: η: \\u{1b}[2J\\u{9b}\\r\\n1");
    }
}
