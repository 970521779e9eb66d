//! Readers for the keys that say what the data of a transformer are.

use serde::de::Deserializer;
use toml::Value;

use crate::experiment::choices::FinalTask;
use crate::experiment::field::{list, named, read};

/// Most classes that have names.
const MOST_NAMES: usize = 1000;

pub fn final_task<'de, D: Deserializer<'de>>(from: D) -> Result<FinalTask, D::Error> {
    read(from, r#"one of "predict", "write", "choose""#, named)
}

/// A name that a line with tabs can hold.
fn name(value: &Value) -> Option<String> {
    let sound = |text: &&str| !text.is_empty() && !text.contains(char::is_control);
    value.as_str().filter(sound).map(str::to_owned)
}

/// Such names, none twice.
fn names(value: &Value) -> Option<Vec<String>> {
    let names = list(value, name)?;
    let once = (1..names.len()).all(|i| !names[..i].contains(&names[i]));
    once.then_some(names)
}

pub fn column<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    read(from, "the name of a column, in quotes and without tabs", name)
}

pub fn text_columns<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let valid =
        r#"a list of the names of one or two columns, as in ["question", "sentence"], or []"#;
    read(from, valid, |value| names(value).filter(|names| names.len() <= 2))
}

pub fn label_names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let valid = "a list of what two to 1000 classes are called, none twice, or []";
    read(from, valid, |value| {
        names(value).filter(|names| names.len() != 1 && names.len() <= MOST_NAMES)
    })
}
