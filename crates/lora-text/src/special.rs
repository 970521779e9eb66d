//! Which tokens stand for the start, the end, and the like.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use lora_checkpoint::Metadata;
use serde_json::{Map, Value};

use crate::error::TextError;

/// Ids of special tokens; none where a tokenizer has no such token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpecialIds {
    /// Begins a text.
    pub bos: Option<u32>,
    /// Ends a text.
    pub eos: Option<u32>,
    /// Fills up a batch.
    pub pad: Option<u32>,
    /// Stands for what the vocabulary lacks.
    pub unk: Option<u32>,
    /// Begins a text that is to be classified.
    pub cls: Option<u32>,
    /// Separates two texts.
    pub sep: Option<u32>,
    /// Hides a token.
    pub mask: Option<u32>,
}

/// Files beside `tokenizer.json` that name the special tokens.
const FILES: [&str; 2] = ["tokenizer_config.json", "special_tokens_map.json"];

impl SpecialIds {
    /// The names that BERT, RoBERTa, Llama and Qwen2 give their tokens.
    pub(crate) fn by_usual_names(tokenizer: &tokenizers::Tokenizer) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| tokenizer.token_to_id(name));
        Self {
            bos: first(&["<s>", "<|begin_of_text|>"]),
            eos: first(&["</s>", "<|end_of_text|>", "<|endoftext|>"]),
            pad: first(&["[PAD]", "<pad>"]),
            unk: first(&["[UNK]", "<unk>"]),
            cls: first(&["[CLS]"]),
            sep: first(&["[SEP]"]),
            mask: first(&["[MASK]", "<mask>"]),
        }
    }

    /// What the files of a folder name. Where they name nothing, the usual names count.
    pub(crate) fn of_folder(
        dir: &Path,
        tokenizer: &tokenizers::Tokenizer,
    ) -> Result<Self, TextError> {
        let mut all = Self::by_usual_names(tokenizer);
        // The first file has the last word.
        for file in FILES.iter().rev() {
            let names = read_object(&dir.join(file))?;
            for (slot, key) in all.slots() {
                let name = names.get(&format!("{key}_token")).and_then(token_name);
                *slot = name.and_then(|name| tokenizer.token_to_id(name)).or(*slot);
            }
        }
        Ok(all)
    }

    /// What GGUF metadata say.
    pub(crate) fn of_gguf(metadata: &Metadata, vocabulary: usize) -> Result<Self, TextError> {
        let mut all = Self::default();
        for (slot, key) in all.slots() {
            // GGUF's own spelling of two of the keys.
            let key = match key {
                "pad" => "padding",
                "unk" => "unknown",
                "sep" => "seperator",
                other => other,
            };
            let key = format!("tokenizer.ggml.{key}_token_id");
            let Some(id) = metadata.integer(&key)? else { continue };
            let sound = u32::try_from(id).ok().filter(|id| (*id as usize) < vocabulary);
            *slot = Some(sound.ok_or_else(|| {
                let what = format!("`{key}` is {id}; valid is a token's number below {vocabulary}");
                TextError::file(metadata.file(), what)
            })?);
        }
        Ok(all)
    }

    fn slots(&mut self) -> [(&mut Option<u32>, &'static str); 7] {
        [
            (&mut self.bos, "bos"),
            (&mut self.eos, "eos"),
            (&mut self.pad, "pad"),
            (&mut self.unk, "unk"),
            (&mut self.cls, "cls"),
            (&mut self.sep, "sep"),
            (&mut self.mask, "mask"),
        ]
    }
}

/// A token is named by its text, or by an object with its text and with how it is matched.
fn token_name(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("content")?.as_str())
}

/// A file with a JSON object. One that is not there counts as empty.
fn read_object(path: &Path) -> Result<Map<String, Value>, TextError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Map::new()),
        Err(error) => return Err(TextError::io(path, error)),
    };
    serde_json::from_slice(&bytes)
        .map_err(|error| TextError::file(path, format!("is no JSON object: {error}")))
}
