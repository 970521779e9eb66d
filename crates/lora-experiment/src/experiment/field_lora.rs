//! Readers of the keys that say which adapters a transformer gets, in the words of PEFT.

use std::collections::BTreeMap;

use serde::de::Deserializer;
use toml::Value;

use super::choices::{ALL_LINEAR, InitLaw, Modules};
use super::field::{list, named, number, read, whole};

/// Most batches of a step.
const MOST_BATCHES: usize = 65536;

/// A name of a module, or a regular expression.
fn name(value: &Value) -> Option<String> {
    let name = value.as_str().filter(|name| !name.is_empty())?;
    (!name.contains(char::is_control)).then(|| name.to_owned())
}

fn modules(value: &Value) -> Option<Modules> {
    match value {
        Value::String(_) => name(value).map(Modules::Pattern),
        _ => list(value, name).map(Modules::Names),
    }
}

pub fn targets<'de, D: Deserializer<'de>>(from: D) -> Result<Modules, D::Error> {
    let valid = r#"a list of one or more names of modules, as in ["q_proj", "v_proj"], a regular expression, or "all-linear""#;
    read(from, valid, |value| match modules(value)? {
        Modules::Pattern(word) if word.eq_ignore_ascii_case(ALL_LINEAR) => {
            Some(Modules::all_linear())
        }
        Modules::Names(names) => {
            let alone = names.len() == 1 || !names.iter().any(|name| name == ALL_LINEAR);
            (alone && !names.is_empty()).then_some(Modules::Names(names))
        }
        pattern => Some(pattern),
    })
}

pub fn exclude<'de, D: Deserializer<'de>>(from: D) -> Result<Modules, D::Error> {
    read(
        from,
        r#"a list of names of modules, as in ["down_proj"], or a regular expression"#,
        modules,
    )
}

pub fn blocks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<usize>, D::Error> {
    let valid = "a list of numbers of blocks, which count from 0, as in [0, 1]";
    read(from, valid, |value| match value {
        Value::Integer(_) => whole(value, 0).map(|block| vec![block]),
        _ => list(value, |block| whole(block, 0)),
    })
}

pub fn init_law<'de, D: Deserializer<'de>>(from: D) -> Result<InitLaw, D::Error> {
    let valid =
        r#"one of "fan-in", "kaiming", "gaussian", or a standard deviation from 1e-30 to 1e30"#;
    read(from, valid, |value| match number(value) {
        Some(std) => (1e-30..=1e30).contains(&std).then_some(InitLaw::Std(std)),
        None => named(value),
    })
}

pub fn accumulation<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    read(from, "a whole number from 1 to 65536", |value| {
        whole(value, 1).filter(|&batches| batches <= MOST_BATCHES)
    })
}

pub fn ranks<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, usize>, D::Error> {
    let valid = "a table of whole numbers from 1 to 2^31 by names of modules or regular expressions, \
                 as in { q_proj = 4 }";
    read(from, valid, |value| by_name(value, |rank| whole(rank, 1)))
}

pub fn alphas<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, f64>, D::Error> {
    let valid = "a table of numbers from 1e-30 to 1e30 by names of modules or regular expressions, \
                 as in { q_proj = 16 }";
    let alpha = |value: &Value| number(value).filter(|alpha| (1e-30..=1e30).contains(alpha));
    read(from, valid, |value| by_name(value, alpha))
}

fn by_name<T>(value: &Value, entry: impl Fn(&Value) -> Option<T>) -> Option<BTreeMap<String, T>> {
    let one = |(key, value): (&String, &Value)| {
        let good = !key.is_empty() && !key.contains(char::is_control);
        Some((key.clone(), entry(value).filter(|_| good)?))
    };
    value.as_table()?.iter().map(one).collect()
}
