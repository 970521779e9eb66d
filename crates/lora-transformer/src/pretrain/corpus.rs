//! The text that a model is pretrained on, as windows of tokens.

use sha2::{Digest, Sha256};

use crate::batch::{Sequence, Target};
use crate::error::TransformerError;

/// One window of this many is held out.
const HELD_OUT: usize = 20;

/// A text in tokens, with the tokenizer that made them.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    /// All of the text.
    pub tokens: Vec<u32>,
    /// What made them.
    pub tokenizer: TokenizerFiles,
}

/// The files of a tokenizer, as they come to lie beside the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenizerFiles {
    /// `tokenizer.json`.
    pub tokenizer_json: String,
    /// `tokenizer_config.json`.
    pub config_json: String,
}

/// Windows to train on, and windows that are held out.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub(super) training: Vec<Sequence>,
    pub(super) held_out: Vec<Sequence>,
}

impl Corpus {
    /// The SHA-256 of the tokens, in hex.
    pub fn digest(&self) -> String {
        let mut sha = Sha256::new();
        self.tokens.iter().for_each(|token| sha.update(token.to_le_bytes()));
        hex(&sha.finalize())
    }

    /// The SHA-256 of the tokenizer's files, in hex.
    pub fn tokenizer_digest(&self) -> String {
        let files = [&self.tokenizer.tokenizer_json, &self.tokenizer.config_json];
        // Digests of fixed length, so that no byte can move from one file to the other.
        let mut sha = Sha256::new();
        files.iter().for_each(|file| sha.update(Sha256::digest(file)));
        hex(&sha.finalize())
    }

    /// Windows of the context's length that do not overlap, with the token that follows each place. The last
    /// twentieth of them, and one at least, is held out.
    pub(super) fn windows(
        &self,
        vocabulary: usize,
        context: usize,
    ) -> Result<Windows, TransformerError> {
        if let Some(index) = self.tokens.iter().position(|&id| id as usize >= vocabulary) {
            let valid = format!("token {index} of the text is {}", self.tokens[index]);
            return Err(TransformerError::out_of_range("vocabulary", vocabulary, valid));
        }
        let mut training: Vec<Sequence> = self
            .tokens
            .windows(context + 1)
            .step_by(context)
            .map(|window| Sequence {
                ids: window[..context].to_vec(),
                target: Target::Next(window[1..].iter().copied().map(Some).collect()),
            })
            .collect();
        if training.len() < 2 {
            let count = self.tokens.len();
            let valid = format!("two windows must fit into the text, which has {count} tokens");
            return Err(TransformerError::out_of_range("context", context, valid));
        }
        let held_out = training.split_off(training.len() - training.len().div_ceil(HELD_OUT));
        Ok(Windows { training, held_out })
    }
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
