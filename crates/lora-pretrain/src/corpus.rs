//! The text that a model is pretrained on, as windows of tokens.

use lora_transformer::batch::{Sequence, Target};
use lora_transformer::error::TransformerError;
use lora_types::hex;
use sha2::{Digest, Sha256};

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
pub(crate) struct Windows {
    pub(crate) training: Vec<Sequence>,
    pub(crate) held_out: Vec<Sequence>,
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
    pub(crate) fn windows(
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Windows hold the text in its order, each token once, and those at its end are held out.
        #[test]
        fn windows_are_the_text_and_none_is_both_trained_on_and_held_out(
            count in 0usize..900,
            context in 1usize..40,
        ) {
            let tokens: Vec<u32> = (0..count as u32).collect();
            let corpus = Corpus { tokens, tokenizer: TokenizerFiles::default() };
            let expected = count.saturating_sub(1) / context;
            let Ok(Windows { training, held_out }) = corpus.windows(count, context) else {
                prop_assert!(expected < 2);
                return Ok(());
            };
            prop_assert_eq!(training.len() + held_out.len(), expected);
            prop_assert_eq!(held_out.len(), expected.div_ceil(20));
            prop_assert!(!training.is_empty());
            let mut next = 0;
            for window in training.iter().chain(&held_out) {
                let ids: Vec<u32> = (next..next + context as u32).collect();
                let targets = ids.iter().map(|id| Some(id + 1)).collect();
                prop_assert_eq!(window, &Sequence { ids, target: Target::Next(targets) });
                next += context as u32;
            }
        }
    }

    #[test]
    fn digests_tell_texts_and_tokenizers_apart() {
        let corpus = |tokens: &[u32], one: &str, other: &str| {
            let tokenizer =
                TokenizerFiles { tokenizer_json: one.to_owned(), config_json: other.to_owned() };
            let corpus = Corpus { tokens: tokens.to_vec(), tokenizer };
            (corpus.digest(), corpus.tokenizer_digest())
        };
        let plain = corpus(&[1, 2], "ab", "c");
        assert_eq!(plain, corpus(&[1, 2], "ab", "c"));
        assert_ne!(plain.0, corpus(&[2, 1], "ab", "c").0);
        assert_ne!(plain.1, corpus(&[1, 2], "a", "bc").1);
    }
}
