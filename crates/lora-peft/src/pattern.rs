//! Regular expressions for names of modules, matched as Python's `re` matches them for PEFT.

use lora_checkpoint::CheckpointError;
use regex::Regex;

use crate::config::{Names, PeftConfig};

/// A test of names.
pub(crate) enum Matcher {
    /// Whole names, or ends of them behind a dot.
    Ends(Vec<String>),
    /// Whole names by a pattern.
    Whole(Regex),
}

impl Matcher {
    pub(crate) fn of(
        config: &PeftConfig,
        key: &str,
        names: &Names,
    ) -> Result<Self, CheckpointError> {
        match names {
            Names::Ends(all) => Ok(Self::Ends(all.clone())),
            Names::Pattern(pattern) => anchored(config, key, pattern, "").map(Self::Whole),
        }
    }

    pub(crate) fn is_match(&self, name: &str) -> bool {
        match self {
            Self::Ends(all) => all.iter().any(|end| ends_in(name, end)),
            Self::Whole(pattern) => pattern.is_match(name),
        }
    }
}

/// Whether a name is `end`, or ends in a dot and `end`.
pub(crate) fn ends_in(name: &str, end: &str) -> bool {
    name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// A pattern for whole names, or for their ends behind a dot: a key of `rank_pattern`.
pub(crate) fn end(config: &PeftConfig, key: &str, pattern: &str) -> Result<Regex, CheckpointError> {
    anchored(config, key, pattern, r"(?:.*\.)?")
}

/// A pattern for a part of a whole name between dots, at any depth: a name of `modules_to_save`. PEFT puts
/// no group around it, so the `|` of `a|b` parts the whole: what ends in `a`, or what begins with `b`.
pub(crate) fn part(config: &PeftConfig, pattern: &str) -> Result<Regex, CheckpointError> {
    alone(config, "modules_to_save", pattern)?;
    let text = format!(r"^(?:(?:^|.*\.){pattern}(?:$|\..*))");
    compiled(config, "modules_to_save", pattern, &text)
}

/// The group that holds a layer's number. It has PEFT's name, so a pattern with a group of the same name is
/// refused, as PEFT refuses it.
pub(crate) const LAYER: &str = "idx";

/// The number of a layer in a name: behind one of `layers_pattern`, or behind any word that itself
/// stands behind a dot. The first number counts. PEFT puts no group around a pattern here either, so a
/// match may have no number.
pub(crate) fn layer_number(config: &PeftConfig) -> Result<Vec<Regex>, CheckpointError> {
    let key = "layers_pattern";
    if config.layers_pattern.is_empty() {
        let any = format!(r"^.*?\.[^.]*\.(?P<{LAYER}>[0-9]+)\.");
        return compiled(config, key, &any, &any).map(|regex| vec![regex]);
    }
    let of = |pattern: &String| {
        alone(config, key, pattern)?;
        let text = format!(r"^(?:(?:^|.*?\.){pattern}\.(?P<{LAYER}>[0-9]+)\.)");
        compiled(config, key, pattern, &text)
    };
    config.layers_pattern.iter().map(of).collect()
}

fn anchored(
    config: &PeftConfig,
    key: &str,
    pattern: &str,
    before: &str,
) -> Result<Regex, CheckpointError> {
    alone(config, key, pattern)?;
    compiled(config, key, pattern, &format!("^{before}(?:{pattern})$"))
}

/// Checks a pattern by itself: `a)(b` must not close the group that is put around it.
fn alone(config: &PeftConfig, key: &str, pattern: &str) -> Result<(), CheckpointError> {
    compiled(config, key, pattern, pattern).map(|_| ())
}

fn compiled(
    config: &PeftConfig,
    key: &str,
    pattern: &str,
    text: &str,
) -> Result<Regex, CheckpointError> {
    Regex::new(text).map_err(|error| {
        let why = error.to_string().lines().last().unwrap_or_default().to_owned();
        let valid = format!(
            "valid is a regular expression without look-around and back-references ({why})"
        );
        refusal(config, key, &format!("{pattern:?}"), valid)
    })
}

/// A refusal of a part of a value.
pub(crate) fn refusal(
    config: &PeftConfig,
    key: &str,
    value: &str,
    valid: impl Into<String>,
) -> CheckpointError {
    let shown: String = value.chars().take(80).collect();
    CheckpointError::Key {
        file: config.file.clone(),
        key: key.to_owned(),
        value: shown,
        valid: valid.into(),
    }
}
