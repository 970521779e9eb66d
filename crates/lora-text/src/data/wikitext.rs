//! Running text as windows of tokens, as language models train on WikiText.

use std::path::Path;

use super::whole;
use crate::error::TextError;
use crate::tokenizer::Tokenizer;

/// Reads a text as it is.
///
/// # Errors
/// If the file cannot be read, is not UTF-8, or has nothing but white space.
pub fn read_text(path: &Path) -> Result<String, TextError> {
    let text = whole(path)?;
    if text.trim().is_empty() {
        return Err(TextError::file(path, "has no text"));
    }
    Ok(text)
}

/// The tokens of a text, without special ones, cut into windows of `length` that do not overlap. What is
/// left behind the last whole window is dropped. A length of 0 gives no windows.
///
/// # Errors
/// As [`Tokenizer::encode`].
pub fn windows(
    tokenizer: &Tokenizer,
    text: &str,
    length: usize,
) -> Result<Vec<Vec<u32>>, TextError> {
    if length == 0 {
        return Ok(Vec::new());
    }
    let ids = tokenizer.encode(text, false)?;
    Ok(ids.chunks_exact(length).map(<[u32]>::to_vec).collect())
}
