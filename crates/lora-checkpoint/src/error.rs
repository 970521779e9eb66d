//! What can be wrong with a checkpoint.

use std::io;
use std::path::{Path, PathBuf};

/// Characters of a name or value that a message shows.
const SHOWN: usize = 80;

/// Why a file cannot be read or written. Every message is one line that begins with the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The system refuses.
    #[error("{}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not what its name or its first bytes promise, or it is not whole.
    #[error("{}: {what}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong, in words.
        what: String,
    },
    /// A key of the configuration has a value that is wrong or that is not supported.
    #[error("{}: `{key}` is {value}; {valid}", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
        /// Its value, as text.
        value: String,
        /// What is valid.
        valid: String,
    },
    /// There is no tensor of this name.
    #[error("{}: there is no tensor `{name}`", file.display())]
    Missing {
        /// The file or the folder.
        file: PathBuf,
        /// The tensor's Hugging Face name.
        name: String,
    },
    /// A tensor has another shape than the configuration says.
    #[error("{}: tensor `{name}` has the shape {found:?}; the configuration says {expected:?}", file.display())]
    Shape {
        /// The file.
        file: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// Something else is wrong with a tensor.
    #[error("{}: tensor `{name}` {what}", file.display())]
    Tensor {
        /// The file.
        file: PathBuf,
        /// The tensor.
        name: String,
        /// What is wrong, in words.
        what: String,
    },
}

impl CheckpointError {
    pub(crate) fn io(file: &Path, source: io::Error) -> Self {
        Self::Io { file: file.to_owned(), source }
    }

    pub(crate) fn damaged(file: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), what: what.into() }
    }

    pub(crate) fn key(
        file: &Path,
        key: &str,
        value: impl Into<String>,
        valid: impl Into<String>,
    ) -> Self {
        Self::Key {
            file: file.to_owned(),
            key: key.to_owned(),
            value: value.into(),
            valid: valid.into(),
        }
    }

    pub(crate) fn missing(file: &Path, name: &str) -> Self {
        Self::Missing { file: file.to_owned(), name: short(name) }
    }

    pub(crate) fn shape(file: &Path, name: &str, found: &[usize], expected: &[usize]) -> Self {
        Self::Shape {
            file: file.to_owned(),
            name: short(name),
            found: found.to_owned(),
            expected: expected.to_owned(),
        }
    }

    pub(crate) fn tensor(file: &Path, name: &str, what: impl Into<String>) -> Self {
        Self::Tensor { file: file.to_owned(), name: short(name), what: what.into() }
    }
}

/// Text from a file, made fit for a message: one line and not too long.
///
/// ```
/// assert_eq!(lora_checkpoint::short("a\n\u{1b}[2J"), "a\\n\\u{1b}[2J");
/// ```
pub fn short(text: &str) -> String {
    let mut shown: String = visible(&text.chars().take(SHOWN).collect::<String>());
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Text from a file on one line of a terminal: control characters are escaped.
pub fn visible(text: &str) -> String {
    let one = |char: char| {
        if char.is_control() { char.escape_default().collect() } else { String::from(char) }
    };
    text.chars().map(one).collect()
}

/// Names as a list in words: `a`, `b` or `c`.
pub(crate) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_short_line() {
        let error = CheckpointError::missing(Path::new("m.gguf"), &"a\n".repeat(1000));
        let text = error.to_string();
        assert!(text.lines().count() == 1 && text.len() < 300, "{text}");
        assert!(text.starts_with("m.gguf: there is no tensor `a\\na\\n"), "{text}");
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(one_of(&["a"]), "`a`");
    }
}
