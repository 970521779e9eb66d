//! Data sets as their publishers have them.

mod choices;
mod gsm8k;
mod json_lines;
mod pairs;
mod sst2;
mod table;
mod template;
mod wikitext;

use std::fs;
use std::path::Path;

use crate::error::TextError;
pub use choices::{BEFORE_LETTER, LETTERS, Question, Subject, few_shot, read_choices};
pub use gsm8k::{Problem, read_gsm8k, stated_number};
pub use pairs::{Pair, PairIds, Templates, encode_pairs, read_pairs};
pub use sst2::{Labelled, read_sst2};
pub use table::{Columns, Row, read_table};
pub use template::{Template, TemplateFault};
pub use wikitext::{read_text, windows};

/// A whole file of text.
fn whole(path: &Path) -> Result<String, TextError> {
    let bytes = fs::read(path).map_err(|error| TextError::io(path, error))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        TextError::line(path, line, "is not UTF-8")
    })
}
