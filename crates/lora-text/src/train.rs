//! Tokenizers that are trained here: merges of bytes, as in GPT-2.

use std::path::Path;

use serde_json::json;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, ModelWrapper};

use crate::error::TextError;
use crate::tokenizer::{FILE, Tokenizer};

/// The special token of a trained tokenizer. It stands between texts, and has the id 0.
pub const END_OF_TEXT: &str = "<|endoftext|>";

/// The special token and all bytes.
const SMALLEST: usize = 257;

/// How often a pair must be there to become a token.
const LEAST: u64 = 2;

impl Tokenizer {
    /// Trains a tokenizer with `vocabulary` tokens: [`END_OF_TEXT`], all 256 bytes, and merges for the rest,
    /// inside of words as GPT-2 cuts them. Any text can be encoded.
    ///
    /// The same text gives the same tokenizer, at any number of threads.
    ///
    /// # Errors
    /// [`TextError::Vocabulary`] for fewer than 257 tokens, or for more than the text has merges for.
    pub fn train(text: &str, vocabulary: usize) -> Result<Self, TextError> {
        let refuse = |valid: String| TextError::Vocabulary { vocabulary, valid };
        if vocabulary < SMALLEST {
            return Err(refuse(format!("write {SMALLEST} or more")));
        }
        let failed = |error: tokenizers::Error| TextError::file(Path::new(FILE), error.to_string());
        let mut inner = tokenizers::Tokenizer::new(ModelWrapper::BPE(BPE::default()));
        let bytes = ByteLevel::default().add_prefix_space(false);
        inner.with_pre_tokenizer(Some(bytes)).with_decoder(Some(bytes));
        let mut trainer = TrainerWrapper::BpeTrainer(trainer(vocabulary));
        inner.train(&mut trainer, text.split_inclusive('\n')).map_err(failed)?;
        let found = inner.get_vocab_size(true);
        if found != vocabulary {
            return Err(refuse(format!("the text has merges for {found} alone")));
        }
        let json = inner.to_string(false).map_err(failed)?;
        Self::from_json(Path::new(FILE), json.as_bytes())
    }

    /// What transformers wants to find in `tokenizer_config.json` beside a tokenizer that was trained here.
    /// `context` is the longest sequence that the model takes.
    pub fn config_json(&self, context: usize) -> String {
        // The class that takes tokenizer.json as it is. In some releases the class of the model's family
        // puts a token in front of every text.
        let config = json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": END_OF_TEXT,
            "eos_token": END_OF_TEXT,
            "model_max_length": context,
            "clean_up_tokenization_spaces": false,
        });
        format!("{config:#}\n")
    }
}

fn trainer(vocabulary: usize) -> BpeTrainer {
    BpeTrainer::builder()
        .show_progress(false)
        .vocab_size(vocabulary)
        .min_frequency(LEAST)
        .special_tokens(vec![AddedToken::from(END_OF_TEXT, true)])
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bundled_text;

    fn json(text: &str, vocabulary: usize) -> String {
        let tokenizer = Tokenizer::train(text, vocabulary).expect("it is trained");
        tokenizer.to_json().expect("it is written")
    }

    /// The library counts words on all threads, in maps whose order is random.
    #[test]
    fn training_gives_the_same_bytes_every_time_and_at_any_number_of_threads() {
        let text = bundled_text();
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a pool").install(|| json(text, 600))
        };
        let once = with(1);
        assert!(once == with(1) && once == with(2) && once == with(3));
        assert_ne!(once, json(&text[..text.len() / 2], 600));
    }

    #[test]
    fn merges_shorten_a_text_and_the_special_token_comes_first() {
        let text = bundled_text();
        let counts = [257, 300, 512, 1024].map(|vocabulary| {
            let tokenizer = Tokenizer::train(text, vocabulary).expect("it is trained");
            assert_eq!(tokenizer.vocabulary(), vocabulary);
            assert_eq!(tokenizer.id(END_OF_TEXT), Some(0));
            assert_eq!(tokenizer.special().eos, Some(0));
            let ids = tokenizer.encode(text, true).expect("ids");
            assert!(ids.iter().all(|id| (1..vocabulary as u32).contains(id)));
            assert_eq!(tokenizer.decode(&ids, false).expect("a text"), text);
            ids.len()
        });
        assert_eq!(counts[0], text.len());
        assert!(counts.is_sorted_by(|more, fewer| more > fewer), "{counts:?}");
        assert!(counts[3] * 5 < counts[0] * 2, "{counts:?}");
    }

    #[test]
    fn a_vocabulary_that_cannot_be_had_is_refused() {
        let message = |text, vocabulary| {
            Tokenizer::train(text, vocabulary).expect_err("it is refused").to_string()
        };
        let too_small = "vocabulary = 256 is out of range: write 257 or more";
        assert_eq!(message("some text", 256), too_small);
        let too_large = "vocabulary = 300 is out of range: the text has merges for 259 alone";
        assert_eq!(message("abc abc", 300), too_large);
        assert!(Tokenizer::train("", 257).is_ok());
    }

    proptest! {
        /// Bytes alone encode every text, each byte as one token.
        #[test]
        fn every_text_comes_back_from_its_ids(text in "\\PC{0,40}", vocabulary in 257usize..262) {
            let trained = "the theme of the thesis: there, then, the others, thence the rest";
            let tokenizer = Tokenizer::train(trained, vocabulary).expect("it is trained");
            prop_assume!(!text.contains(END_OF_TEXT));
            let ids = tokenizer.encode(&text, true).expect("ids");
            prop_assert_eq!(tokenizer.decode(&ids, true).expect("a text"), &text[..]);
            if vocabulary == 257 {
                prop_assert_eq!(ids.len(), text.len());
            }
        }
    }
}
