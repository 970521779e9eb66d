//! The sequences of one file.

use std::path::Path;

use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::{Task, is_pairs};
use lora_text::data::{read_text, windows};
use lora_transformer::batch::Sequence;

use crate::base::Base;
use crate::error::DataError;
use crate::pairs::{Pairs, templates};
use crate::tables;

/// What a file holds.
pub struct Read {
    /// In the order of the file.
    pub sequences: Vec<Sequence>,
    /// What was cut and left out, in words.
    pub notes: Vec<String>,
}

impl Read {
    /// Sequences of which nothing was left out.
    pub fn of(sequences: Vec<Sequence>) -> Self {
        Self { sequences, notes: Vec::new() }
    }
}

/// What the file holds that a key names.
pub fn sequences(
    section: &TransformerSection,
    base: &Base,
    (key, path): (&'static str, &str),
) -> Result<Read, DataError> {
    let file = Path::new(path);
    match section.task {
        Task::NextToken if is_pairs(path) => {
            let pairs = pairs(section, base, (key, path))?;
            let notes = pairs.told(key, section.context).into_iter().collect();
            Ok(Read { sequences: pairs.sequences, notes })
        }
        Task::NextToken => {
            if !file.exists() {
                return Err(DataError::absent(key, "a text file", section));
            }
            let text = read_text(file).map_err(DataError::file(key))?;
            Ok(Read::of(texts(section, base, &text)?))
        }
        Task::Classify => Ok(Read::of(tables::sentences(section, base, (key, file))?)),
    }
}

/// The prompts with answers of a file.
pub fn pairs(
    section: &TransformerSection,
    base: &Base,
    (key, path): (&'static str, &str),
) -> Result<Pairs, DataError> {
    let (file, templates) = (Path::new(path), templates(section)?);
    if !file.exists() {
        return Err(DataError::absent(key, "a file of prompts with answers", section));
    }
    Pairs::read((key, file), &templates, base.tokenizer, section.context)
}

/// Windows of a text.
pub fn texts(
    section: &TransformerSection,
    base: &Base,
    text: &str,
) -> Result<Vec<Sequence>, DataError> {
    let windows = windows(base.tokenizer, text, section.context)?;
    Ok(windows.into_iter().map(Sequence::text).collect())
}
