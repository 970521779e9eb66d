//! Prompts with their answers, made from the fields of a JSON-lines file by templates.

use std::path::Path;

use super::json_lines::{Object, objects};
use super::template::Template;
use crate::error::TextError;
use crate::tokenizer::Tokenizer;

/// How a line becomes a prompt and an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates {
    /// Of the prompt.
    pub prompt: Template,
    /// Of the answer.
    pub answer: Template,
}

/// A prompt with the answer that is to follow it at once, without anything between the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// What is given.
    pub prompt: String,
    /// What is to be learned.
    pub answer: String,
}

/// The tokens of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairIds {
    /// Those of the prompt, then those of the answer.
    pub ids: Vec<u32>,
    /// How many are the prompt's.
    pub prompt: usize,
}

/// Reads a file with a JSON object on every line and fills its fields into the templates. Fields that no
/// template names are of no account. Empty lines are skipped.
///
/// # Errors
/// If the file cannot be read or has no object; or a line, named in the message, is no JSON object, lacks a
/// field that a template names, has something else than a text there, or has an empty answer.
pub fn read_pairs(path: &Path, templates: &Templates) -> Result<Vec<Pair>, TextError> {
    let mut all = Vec::new();
    for object in objects(path)? {
        let prompt = filled(&templates.prompt, &object)?;
        let answer = filled(&templates.answer, &object)?;
        if answer.trim().is_empty() {
            return Err(object.refuse("has an empty answer"));
        }
        all.push(Pair { prompt, answer });
    }
    if all.is_empty() {
        return Err(TextError::file(path, "has no example"));
    }
    Ok(all)
}

fn filled(template: &Template, object: &Object) -> Result<String, TextError> {
    template.filled(|name| {
        if !object.has(name) {
            let (name, names) = (name.escape_debug(), object.names());
            return Err(object.refuse(format!("has no field `{name}`; it has {names}")));
        }
        object.text(name)
    })
}

/// The tokens of pairs. Each has those of the prompt alone, with what the tokenizer puts before a text; then
/// those of the answer alone, and the token that ends a text, if the tokenizer has one.
///
/// So the prompt's tokens are those from which a model would begin to write, and they depend on no answer.
/// Where no token of both texts together would cross the boundary, they are also that text's tokens.
///
/// # Errors
/// As [`Tokenizer::encode`].
pub fn encode_pairs(tokenizer: &Tokenizer, pairs: &[Pair]) -> Result<Vec<PairIds>, TextError> {
    let opening = opening(tokenizer)?;
    let one = |pair: &Pair| {
        let mut ids = opening.clone();
        ids.extend(tokenizer.encode(&pair.prompt, false)?);
        let prompt = ids.len();
        ids.extend(tokenizer.encode(&pair.answer, false)?);
        ids.extend(tokenizer.special().eos);
        Ok(PairIds { ids, prompt })
    };
    pairs.iter().map(one).collect()
}

/// What a tokenizer puts before a text: of `<s> a text </s>` the first.
fn opening(tokenizer: &Tokenizer) -> Result<Vec<u32>, TextError> {
    // Any text does whose tokens are no special ones.
    const TEXT: &str = "a";
    let (plain, mut all) = (tokenizer.encode(TEXT, false)?, tokenizer.encode(TEXT, true)?);
    let from = all.windows(plain.len().max(1)).position(|part| part == plain);
    all.truncate(from.unwrap_or(0));
    Ok(all)
}
