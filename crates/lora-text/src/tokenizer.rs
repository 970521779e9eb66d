//! Text as ids of tokens, and back.

use std::fs;
use std::path::{Path, PathBuf};

use lora_checkpoint::Metadata;
use tokenizers::EncodeInput;
use tokenizers::utils::truncation::{TruncationDirection, TruncationParams, TruncationStrategy};

use crate::error::TextError;
use crate::gguf;
use crate::special::SpecialIds;

/// The file of a folder that has the tokenizer.
pub(crate) const FILE: &str = "tokenizer.json";

/// A tokenizer without padding and without truncation.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    file: PathBuf,
    inner: tokenizers::Tokenizer,
    special: SpecialIds,
}

impl Tokenizer {
    /// Opens `tokenizer.json` of a folder, or makes the tokenizer that a GGUF file describes.
    ///
    /// # Errors
    /// If there is no such file, it is damaged, or it describes a tokenizer that is not supported.
    pub fn open(path: &Path) -> Result<Self, TextError> {
        if !path.is_dir() {
            return Self::from_gguf(&Metadata::open(path)?);
        }
        let file = path.join(FILE);
        let json = fs::read(&file).map_err(|error| TextError::io(&file, error))?;
        let mut tokenizer = Self::from_json(&file, &json)?;
        tokenizer.special = SpecialIds::of_folder(path, &tokenizer.inner)?;
        Ok(tokenizer)
    }

    /// A tokenizer from the text of a `tokenizer.json`. Messages call it `file`.
    ///
    /// # Errors
    /// If the text describes no tokenizer.
    pub fn from_json(file: &Path, json: &[u8]) -> Result<Self, TextError> {
        let refuse =
            |error: tokenizers::Error| TextError::file(file, format!("is no tokenizer: {error}"));
        let mut inner = tokenizers::Tokenizer::from_bytes(json).map_err(refuse)?;
        inner.with_padding(None);
        inner.with_truncation(None).map_err(refuse)?;
        let special = SpecialIds::by_usual_names(&inner);
        Ok(Self { file: file.to_owned(), inner, special })
    }

    /// The tokenizer that a GGUF file describes.
    ///
    /// # Errors
    /// If the file describes none, or one that is not supported.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self, TextError> {
        let json = gguf::tokenizer_json(metadata)?;
        let mut tokenizer = Self::from_json(metadata.file(), json.to_string().as_bytes())?;
        tokenizer.special = SpecialIds::of_gguf(metadata, tokenizer.vocabulary())?;
        Ok(tokenizer)
    }

    /// The ids of a text. `special` adds the tokens that the model expects around it, such as `[CLS]`.
    ///
    /// # Errors
    /// If the text has a character that the vocabulary has no token for, not even an unknown one.
    pub fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, TextError> {
        self.ids(text.into(), special)
    }

    /// The ids of two texts, one after the other.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_pair(
        &self,
        first: &str,
        second: &str,
        special: bool,
    ) -> Result<Vec<u32>, TextError> {
        self.ids((first, second).into(), special)
    }

    /// This tokenizer, which cuts what is longer than `most` tokens with its special ones: of two texts the
    /// longer one first, at its end, as transformers does with `truncation=True`. None where special tokens
    /// leave no room for a token of each of two texts.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn within(&self, most: usize) -> Result<Option<Self>, TextError> {
        let special = self.encode_pair("", "", true)?.len();
        if most < special + 2 {
            return Ok(None);
        }
        let truncation = TruncationParams {
            max_length: most,
            strategy: TruncationStrategy::LongestFirst,
            stride: 0,
            direction: TruncationDirection::Right,
        };
        let mut cutting = self.clone();
        let refuse = |error: tokenizers::Error| TextError::file(&self.file, error.to_string());
        cutting.inner.with_truncation(Some(truncation)).map_err(refuse)?;
        Ok(Some(cutting))
    }

    fn ids(&self, input: EncodeInput<'_>, special: bool) -> Result<Vec<u32>, TextError> {
        let encoded = self.inner.encode_fast(input, special);
        encoded
            .map(|all| all.get_ids().to_vec())
            .map_err(|error| TextError::file(&self.file, error.to_string()))
    }

    /// The text of ids. `special` keeps special tokens, which are otherwise left out.
    ///
    /// # Errors
    /// If the tokenizer's decoder fails.
    pub fn decode(&self, ids: &[u32], special: bool) -> Result<String, TextError> {
        self.inner
            .decode(ids, !special)
            .map_err(|error| TextError::file(&self.file, error.to_string()))
    }

    /// The id of a token as the vocabulary spells it.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// The special tokens.
    pub fn special(&self) -> &SpecialIds {
        &self.special
    }

    /// How many tokens there are, added ones included. The model's embedding may have more rows.
    pub fn vocabulary(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// The tokenizer as the text of a `tokenizer.json`.
    ///
    /// # Errors
    /// If the library cannot write it.
    pub fn to_json(&self) -> Result<String, TextError> {
        self.inner.to_string(false).map_err(|error| TextError::file(&self.file, error.to_string()))
    }
}
