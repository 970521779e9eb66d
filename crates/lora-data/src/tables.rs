//! Sentences, and pairs of them, that are to be classified.

use std::path::Path;

use lora_checkpoint::Positions;
use lora_experiment::experiment::TransformerSection;
use lora_text::Tokenizer;
use lora_text::data::{Columns, Row, read_table};
use lora_transformer::batch::Sequence;
use rayon::prelude::*;

use crate::base::Base;
use crate::error::DataError;

/// Of the columns that hold what is to be classified.
const TEXTS: &str = "transformer.text_columns";

/// The columns of an experiment's tables, in words.
pub fn columns_in_words(section: &TransformerSection) -> String {
    let label = &section.label_column;
    match &section.text_columns[..] {
        [] => format!("a table with the columns sentence and {label}"),
        texts => format!("a table with the columns {} and {label}", texts.join(", ")),
    }
}

/// The sentences of a table, each with its class. Of one that is too long the end is cut, but not the special
/// token behind it; of a pair the longer one is cut first.
pub fn sentences(
    section: &TransformerSection,
    base: &Base,
    (key, file): (&'static str, &Path),
) -> Result<Vec<Sequence>, DataError> {
    if !file.exists() {
        return Err(DataError::absent(key, &columns_in_words(section), section));
    }
    let columns = Columns {
        texts: section.text_columns.clone(),
        label: section.label_column.clone(),
        names: section.label_names.clone(),
    };
    let table = read_table(file, &columns).map_err(DataError::file(key))?;
    let (tokenizer, context) = (base.tokenizer, section.context);
    let cutting = if columns.texts.len() == 2 { Some(for_pairs(section, base)?) } else { None };
    let one = |row: Row| {
        let ids = match (&row.second, &cutting) {
            (Some(second), Some(cutting)) => cutting.encode_pair(&row.text, second, true)?,
            _ => single(tokenizer, &row.text, context)?,
        };
        Ok(Sequence::labelled(ids, row.label))
    };
    // Of several errors, the first one of the file is told.
    let all: Vec<_> = table.into_par_iter().map(one).collect();
    all.into_iter().collect()
}

fn single(tokenizer: &Tokenizer, text: &str, context: usize) -> Result<Vec<u32>, DataError> {
    let mut ids = tokenizer.encode(text, true)?;
    if let Some(&last) = ids.last().filter(|_| ids.len() > context) {
        ids.truncate(context - 1);
        ids.push(last);
    }
    Ok(ids)
}

/// A tokenizer that cuts pairs to the context of an experiment.
fn for_pairs(section: &TransformerSection, base: &Base) -> Result<Tokenizer, DataError> {
    // Every token has type 0 here, and BERT has learned to tell two texts apart by their types.
    if matches!(base.config.positions, Positions::Learned { token_types: 2.., .. }) {
        let valid = "one column: transformer.checkpoint tells two texts apart by the types of their \
                     tokens, which are not computed here";
        return Err(DataError::key(TEXTS, valid));
    }
    base.tokenizer.within(section.context)?.ok_or_else(|| {
        let valid = "larger: the special tokens around two texts leave no room for them";
        DataError::key("transformer.context", valid)
    })
}
