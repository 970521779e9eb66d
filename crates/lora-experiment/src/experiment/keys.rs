//! Which keys there are, and which one was meant by a key that there is not.

use lora_types::ModelKind;
use toml::{Table, Value};

use crate::experiment::aliases::{ALIASES, second_name};
use crate::experiment::{Experiment, TransformerSection};
use crate::nearest::{ALIKE, likeness};

/// A key that is not right whatever its value is.
pub struct BadKey {
    /// The key in full, as in `training.steps`.
    pub key: String,
    /// What is wrong with it, and what would be valid.
    pub reason: String,
}

/// What a file may have at its top beside the keys.
const FILE_ONLY: &str = ", quick";

/// The keys that only analysis and figures read, a section meaning all of its keys: what they are
/// decides nothing that is trained or tabulated, so they may be changed after a run.
pub const ANALYSIS: [&str; 3] = ["title", "search.basin", "figures"];

/// Whether a key is one of `ANALYSIS`.
pub fn is_of_analysis(key: &str) -> bool {
    let section = key.split_once('.').map(|(section, _)| section);
    ANALYSIS.iter().any(|&known| known == key || Some(known) == section)
}

/// `ANALYSIS` in words.
pub fn analysis_in_words() -> String {
    let [title, basin, figures] = ANALYSIS;
    format!("{title}, {basin} and the keys of [{figures}]")
}

/// Every key with its default, section by section.
pub struct Keys {
    defaults: Table,
}

impl Keys {
    /// All keys of an experiment.
    pub fn new() -> Self {
        let table = |value: Result<Table, _>| value.expect("an experiment is a table");
        let mut defaults = table(Table::try_from(Experiment::default()));
        // What a synthetic model leaves out is a key all the same.
        let kind = Value::String(ModelKind::Synthetic.key().to_owned());
        if let Some(Value::Table(model)) = defaults.get_mut("model") {
            model.insert("kind".to_owned(), kind);
            model.insert("teacher_scale".to_owned(), Value::Float(1.0));
            model.insert("linearised".to_owned(), Value::Boolean(false));
        }
        // The same of keys that came later.
        for (section, key, value) in [
            ("model", "loss", Value::String("squared".to_owned())),
            ("model", "outputs", Value::Integer(1)),
            ("model", "norm", Value::String("none".to_owned())),
            ("model", "residual", Value::Boolean(false)),
            ("model", "layers", Value::Integer(1)),
            ("model", "pretrain_steps", Value::Integer(0)),
            ("model", "pretrain_lr", Value::Float(1.0)),
            ("training", "batch", Value::Integer(0)),
            ("search", "lr_exponent", Value::String("0".to_owned())),
            ("search", "limit_neurons", Value::Integer(0)),
            ("figures", "coordinates_lr", Value::Float(0.0)),
        ] {
            if let Some(Value::Table(section)) = defaults.get_mut(section) {
                section.insert(key.to_owned(), value);
            }
        }
        let mut section = table(Table::try_from(TransformerSection::default()));
        let later = TransformerSection::later_keys();
        section.extend(later.map(|(key, value)| (key.to_owned(), value)));
        defaults.insert("transformer".to_owned(), Value::Table(section));
        Self { defaults }
    }

    /// The default of a key.
    pub fn default_of(&self, key: &str) -> Option<&Value> {
        lookup(&self.defaults, key)
    }

    /// Checks every key of an experiment's table.
    pub fn check(&self, table: &Table) -> Result<(), BadKey> {
        for (name, value) in table {
            match (self.defaults.get(name), value) {
                (Some(Value::Table(known)), Value::Table(section)) => {
                    if let Some(key) = section.keys().find(|key| !known.contains_key(*key)) {
                        return Err(self.unknown(&[name, key], false, FILE_ONLY));
                    }
                }
                (Some(Value::Table(_)), _) => return Err(self.section(name)),
                (Some(_), _) => {}
                (None, _) => return Err(self.unknown(&[name], value.is_table(), FILE_ONLY)),
            }
        }
        Ok(())
    }

    /// Checks that `path` names a key that has a value of its own.
    pub fn check_path(&self, path: &[&str]) -> Result<(), BadKey> {
        match (path, self.default_of(&path.join("."))) {
            ([section], Some(Value::Table(_))) => {
                let names = self.names(section).unwrap_or_default();
                let reason = format!("is a section, set one of its keys instead: {names}");
                Err(BadKey { key: (*section).to_owned(), reason })
            }
            (_, Some(_)) => Ok(()),
            (_, None) => Err(self.unknown(path, false, "")),
        }
    }

    fn section(&self, name: &str) -> BadKey {
        let reason = format!(
            "is a section, so it must be a table of keys: {}",
            self.names(name).unwrap_or_default()
        );
        BadKey { key: name.to_owned(), reason }
    }

    fn unknown(&self, path: &[&str], section_wanted: bool, more: &str) -> BadKey {
        let hint = self
            .meant(path, section_wanted)
            .map_or(String::new(), |meant| format!(", did you mean {meant}?"));
        let valid = match (path.len() > 1).then(|| self.names(path[0])).flatten() {
            Some(names) => format!("valid in [{}]: {names}", path[0]),
            None => format!("valid at the top: {}{more}", list(&self.defaults)),
        };
        let key = path.iter().map(|part| shown(part)).collect::<Vec<_>>().join(".");
        BadKey { key, reason: format!("there is no such key{hint}; {valid}") }
    }

    /// The names in a section.
    fn names(&self, section: &str) -> Option<String> {
        let keys = self.defaults.get(section)?.as_table()?;
        let name = |key: &String| match second_name(section, key) {
            Some(alias) => format!("{key} (or {alias})"),
            None => key.clone(),
        };
        Some(keys.keys().map(name).collect::<Vec<_>>().join(", "))
    }

    /// The key most like `path`: its last name decides, then whether the section is the same.
    fn meant(&self, path: &[&str], section_wanted: bool) -> Option<String> {
        // A value taken for a section is meant itself.
        let parent = path[..path.len() - 1].join(".");
        let is_value = |value: &Value| !value.is_table() || path.len() > 2;
        if self.default_of(&parent).is_some_and(is_value) {
            return Some(parent);
        }
        let (last, section) = (path.last()?, path.first().filter(|_| path.len() > 1));
        let score = |(key, name): &(String, &str)| {
            let same_section = section.is_some_and(|s| key.starts_with(&format!("{s}.")));
            let close = likeness(last, name);
            (close >= ALIKE).then_some(close + if same_section { 0.1 } else { 0.0 })
        };
        let keys = self.all(section_wanted);
        let best = keys.iter().filter_map(|key| Some((score(key)?, &key.0)));
        best.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, key)| key.clone())
    }

    /// Keys in full with their last names, or the sections.
    fn all(&self, sections: bool) -> Vec<(String, &str)> {
        let mut all = Vec::new();
        if !sections {
            all.extend(ALIASES.iter().map(|alias| (alias.second(), alias.alias)));
        }
        for (name, value) in &self.defaults {
            match value {
                Value::Table(_) if sections => all.push((name.clone(), name.as_str())),
                Value::Table(keys) => {
                    all.extend(keys.keys().map(|key| (format!("{name}.{key}"), key.as_str())));
                }
                _ => all.push((name.clone(), name)),
            }
        }
        all
    }
}

/// A key's value in a table.
pub fn lookup<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    let mut parts = key.split('.');
    let first = table.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

fn list(table: &Table) -> String {
    table.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// A part of a key as TOML writes it.
fn shown(part: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !part.is_empty() && part.chars().all(bare) { part.to_owned() } else { format!("{part:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_analysis_is_one() {
        let keys = Keys::new();
        for key in ANALYSIS {
            assert!(keys.default_of(key).is_some(), "{key}");
            assert!(is_of_analysis(key));
        }
        assert!(is_of_analysis("figures.norm_widths"));
        for key in ["model.rank", "search.tail", "search.stability_bound", "titles", "figure"] {
            assert!(!is_of_analysis(key), "{key}");
        }
    }
}
