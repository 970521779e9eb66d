//! Patterns of names of modules, as PEFT matches them.

use std::collections::BTreeMap;

use regex::Regex;

use crate::error::TransformerError;
use crate::net::{Net, Site};

/// A key of PEFT's `rank_pattern` or `alpha_pattern`: a regular expression for a module's whole name, or for
/// the end of it behind a dot.
#[derive(Clone, Debug)]
pub struct EndPattern(Regex);

impl EndPattern {
    /// `key` is the setting that has the pattern.
    ///
    /// # Errors
    /// [`TransformerError::Pattern`] if the text is no regular expression.
    pub fn new(key: &'static str, text: &str) -> Result<Self, TransformerError> {
        anchored(key, text, "(?:.*\\.)?").map(Self)
    }

    /// Whether PEFT takes the pattern for a module.
    pub fn is_match(&self, module: &str) -> bool {
        self.0.is_match(module)
    }
}

/// A regular expression for whole names.
pub(super) fn whole(key: &'static str, text: &str) -> Result<Regex, TransformerError> {
    anchored(key, text, "")
}

fn anchored(key: &'static str, text: &str, before: &str) -> Result<Regex, TransformerError> {
    // Alone first: `a)(b` must not close the group that is put around it.
    compiled(key, text, text)?;
    compiled(key, text, &format!("^{before}(?:{text})$"))
}

/// `text` as a regular expression, on behalf of a pattern.
fn compiled(key: &'static str, pattern: &str, text: &str) -> Result<Regex, TransformerError> {
    Regex::new(text).map_err(|error| {
        let why = error.to_string().lines().last().unwrap_or_default().to_owned();
        TransformerError::Pattern { key, pattern: pattern.to_owned(), why }
    })
}

/// For each of some modules the value of the pattern that matches it; none where none does.
///
/// PEFT takes the first of several patterns, in an order that a table of an experiment does not have. So
/// patterns with different values must not match the same module.
///
/// # Errors
/// [`TransformerError::Pattern`] for what is no regular expression, [`TransformerError::NoAdapted`] for a
/// pattern that matches none of the modules, and [`TransformerError::TwoPatterns`] for two that match one.
pub(super) fn values<T: Copy + PartialEq>(
    key: &'static str,
    patterns: &BTreeMap<String, T>,
    net: &Net,
    sites: &[Site],
) -> Result<Vec<Option<T>>, TransformerError> {
    let mut found: Vec<Option<(&str, T)>> = vec![None; sites.len()];
    for (text, &value) in patterns {
        let pattern = EndPattern::new(key, text)?;
        let mut matches = false;
        for (found, site) in found.iter_mut().zip(sites) {
            let module = &net.sites[site.0].name;
            if !pattern.is_match(module) {
                continue;
            }
            matches = true;
            let (first, earlier) = *found.get_or_insert((text, value));
            if earlier != value {
                let (module, first) = (module.clone(), first.to_owned());
                return Err(TransformerError::TwoPatterns {
                    key,
                    module,
                    first,
                    second: text.clone(),
                });
            }
        }
        if !matches {
            let valid = last_names(net, sites.iter().copied());
            return Err(TransformerError::NoAdapted { key, pattern: text.clone(), valid });
        }
    }
    Ok(found.into_iter().map(|found| found.map(|(_, value)| value)).collect())
}

/// The last parts of the names of modules, each once.
pub(super) fn last_names(net: &Net, sites: impl Iterator<Item = Site>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for site in sites {
        let name = &net.sites[site.0].name;
        let last = name.rsplit('.').next().unwrap_or(name);
        if !names.contains(&last) {
            names.push(last);
        }
    }
    names.join(", ")
}
