//! Tokenizers of GGUF files, as the text of a `tokenizer.json`.

use std::collections::HashSet;

use lora_checkpoint::{Metadata, Texts};
use serde_json::{Map, Value, json};

use crate::error::TextError;
use crate::pieces;
use crate::pretokens::{NAMES, rules};

/// Types of tokens in GGUF files.
const NORMAL: i64 = 1;
const UNKNOWN: i64 = 2;
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;

/// The mark that SentencePiece puts in place of a space.
const SPACE: &str = "\u{2581}";

/// Tokens with their types.
struct Vocabulary<'a> {
    metadata: &'a Metadata,
    tokens: Vec<&'a str>,
    types: Vec<i64>,
}

/// What GGUF metadata describe.
pub(crate) fn tokenizer_json(metadata: &Metadata) -> Result<Value, TextError> {
    let key = "tokenizer.ggml.model";
    let refuse = |what: &str| {
        TextError::file(metadata.file(), format!("`{key}` is {what}; valid is `gpt2` or `llama`"))
    };
    match metadata.text(key)? {
        Some("gpt2") => byte_level(&Vocabulary::read(metadata)?),
        Some("llama") => sentence_piece(&Vocabulary::read(metadata)?),
        Some(other) => Err(refuse(&format!("`{}`", other.escape_debug()))),
        None => Err(refuse("missing")),
    }
}

impl<'a> Vocabulary<'a> {
    fn read(metadata: &'a Metadata) -> Result<Self, TextError> {
        let key = "tokenizer.ggml.tokens";
        let tokens: Vec<&str> = texts(metadata, key)?.iter().collect();
        let mut seen = HashSet::new();
        if let Some(twice) = tokens.iter().find(|token| !seen.insert(**token)) {
            let what = format!("`{key}` has the token `{}` twice", twice.escape_debug());
            return Err(TextError::file(metadata.file(), what));
        }
        let types = metadata
            .integers("tokenizer.ggml.token_type")?
            .unwrap_or_else(|| vec![NORMAL; tokens.len()]);
        same_length(metadata, "tokenizer.ggml.token_type", types.len(), tokens.len())?;
        Ok(Self { metadata, tokens, types })
    }

    fn ids(&self) -> Value {
        let ids: Map<String, Value> = self
            .tokens
            .iter()
            .enumerate()
            .map(|(id, token)| ((*token).to_owned(), json!(id)))
            .collect();
        Value::Object(ids)
    }

    /// Tokens that are found in a text before all else. Of these, special ones are left out when ids become
    /// text.
    fn added(&self) -> Vec<Value> {
        let all = self.tokens.iter().zip(&self.types).enumerate();
        all.filter(|(_, (_, kind))| matches!(**kind, UNKNOWN | CONTROL | USER_DEFINED))
            .map(|(id, (token, kind))| {
                json!({
                    "id": id, "content": token, "special": *kind != USER_DEFINED, "normalized": false,
                    "single_word": false, "lstrip": false, "rstrip": false,
                })
            })
            .collect()
    }

    /// The token that a key names by its id.
    fn named(&self, key: &str) -> Result<(i64, &'a str), TextError> {
        let id = self.metadata.integer(key)?;
        let token = id.and_then(|id| self.tokens.get(usize::try_from(id).ok()?));
        match (id, token) {
            (Some(id), Some(token)) => Ok((id, token)),
            _ => {
                let id = id.map_or("missing".to_owned(), |id| id.to_string());
                let what = format!(
                    "`{key}` is {id}; valid is a token's number below {}",
                    self.tokens.len()
                );
                Err(TextError::file(self.metadata.file(), what))
            }
        }
    }

    /// Puts the tokens for start and end around a text if the file asks for them.
    fn around(&self, add_bos: bool) -> Result<Value, TextError> {
        let mut special = Map::new();
        let mut step = |flag: &str,
                        key: &str,
                        default: bool|
         -> Result<Option<&'a str>, TextError> {
            if !self.metadata.flag(&format!("tokenizer.ggml.{flag}"))?.unwrap_or(default) {
                return Ok(None);
            }
            let (id, token) = self.named(&format!("tokenizer.ggml.{key}"))?;
            special
                .insert(token.to_owned(), json!({ "id": token, "ids": [id], "tokens": [token] }));
            Ok(Some(token))
        };
        let bos = step("add_bos_token", "bos_token_id", add_bos)?;
        let eos = step("add_eos_token", "eos_token_id", false)?;
        let one = |part: &str, kind: u32| {
            let token = |token: &str| json!({ "SpecialToken": { "id": token, "type_id": kind } });
            let text = json!({ "Sequence": { "id": part, "type_id": kind } });
            bos.map(token).into_iter().chain([text]).chain(eos.map(token)).collect::<Vec<_>>()
        };
        if special.is_empty() {
            return Ok(Value::Null);
        }
        let pair = [one("A", 0), one("B", 1)].concat();
        Ok(json!({
            "type": "TemplateProcessing",
            "single": one("A", 0),
            "pair": pair,
            "special_tokens": special,
        }))
    }
}

fn texts<'a>(metadata: &'a Metadata, key: &str) -> Result<&'a Texts, TextError> {
    metadata.texts(key)?.ok_or_else(|| TextError::file(metadata.file(), format!("has no `{key}`")))
}

fn same_length(
    metadata: &Metadata,
    key: &str,
    found: usize,
    tokens: usize,
) -> Result<(), TextError> {
    if found == tokens {
        return Ok(());
    }
    Err(TextError::file(metadata.file(), format!("`{key}` has {found} values for {tokens} tokens")))
}

/// Merges of bytes, as in GPT-2.
fn byte_level(vocabulary: &Vocabulary<'_>) -> Result<Value, TextError> {
    let metadata = vocabulary.metadata;
    let key = "tokenizer.ggml.pre";
    let name = metadata.text(key)?.unwrap_or("default");
    let rules = rules(name).ok_or_else(|| {
        let what =
            format!("`{key}` is `{}`; valid is one of {}", name.escape_debug(), NAMES.join(", "));
        TextError::file(metadata.file(), what)
    })?;
    let key = "tokenizer.ggml.merges";
    let merges: Option<Vec<[&str; 2]>> = texts(metadata, key)?
        .iter()
        .map(|merge| merge.split_once(' ').map(|(one, other)| [one, other]))
        .collect();
    let merges = merges.ok_or_else(|| {
        TextError::file(metadata.file(), format!("`{key}` has a merge without a space"))
    })?;
    Ok(json!({
        "version": "1.0",
        "added_tokens": vocabulary.added(),
        "normalizer": rules.normalizer,
        "pre_tokenizer": rules.pre_tokenizer,
        "post_processor": vocabulary.around(rules.add_bos)?,
        "decoder": { "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true },
        "model": {
            "type": "BPE", "vocab": vocabulary.ids(), "merges": merges, "ignore_merges": rules.ignore_merges,
        },
    }))
}

/// Merges of characters, with bytes for those that are no token, as in Llama 2.
fn sentence_piece(vocabulary: &Vocabulary<'_>) -> Result<Value, TextError> {
    let metadata = vocabulary.metadata;
    let key = "tokenizer.ggml.scores";
    let scores = metadata.numbers(key)?;
    let scores =
        scores.ok_or_else(|| TextError::file(metadata.file(), format!("has no `{key}`")))?;
    same_length(metadata, key, scores.len(), vocabulary.tokens.len())?;
    let ordinary: Vec<bool> = vocabulary.types.iter().map(|kind| *kind == NORMAL).collect();
    let merges = pieces::merges(&vocabulary.tokens, &scores, &ordinary);
    let prefix = metadata.flag("tokenizer.ggml.add_space_prefix")?.unwrap_or(true);
    let mut before =
        vec![json!({ "type": "Replace", "pattern": { "String": " " }, "content": SPACE })];
    let mut after = vec![
        json!({ "type": "Replace", "pattern": { "String": SPACE }, "content": " " }),
        json!({ "type": "ByteFallback" }),
        json!({ "type": "Fuse" }),
    ];
    if prefix {
        before.insert(0, json!({ "type": "Prepend", "prepend": SPACE }));
        after.push(json!({ "type": "Strip", "content": " ", "start": 1, "stop": 0 }));
    }
    let (_, unknown) = vocabulary.named("tokenizer.ggml.unknown_token_id")?;
    Ok(json!({
        "version": "1.0",
        "added_tokens": vocabulary.added(),
        "normalizer": { "type": "Sequence", "normalizers": before },
        "pre_tokenizer": null,
        "post_processor": vocabulary.around(true)?,
        "decoder": { "type": "Sequence", "decoders": after },
        "model": {
            "type": "BPE", "vocab": vocabulary.ids(), "merges": merges, "unk_token": unknown,
            "fuse_unk": true, "byte_fallback": true,
        },
    }))
}
