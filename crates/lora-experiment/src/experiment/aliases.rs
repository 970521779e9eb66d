//! Second names of keys: those that a user of PEFT or of the paper looks for. Files that this program
//! writes have the first names.

use toml::{Table, Value};

/// A key with its second name.
pub struct Alias {
    /// The section that it is in.
    pub section: &'static str,
    /// Its name in files that are written.
    pub name: &'static str,
    /// Its second name.
    pub alias: &'static str,
}

/// All second names.
pub const ALIASES: [Alias; 3] = [
    // What PEFT calls s.
    Alias { section: "model", name: "multiplier", alias: "scaling" },
    Alias { section: "model", name: "points", alias: "samples" },
    Alias { section: "model", name: "test_points", alias: "test_samples" },
];

impl Alias {
    /// The key in full.
    pub fn key(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// Its second name in full.
    pub fn second(&self) -> String {
        format!("{}.{}", self.section, self.alias)
    }
}

/// The second name of a key of a section.
pub fn second_name(section: &str, name: &str) -> Option<&'static str> {
    let found = ALIASES.iter().find(|known| (known.section, known.name) == (section, name));
    found.map(|known| known.alias)
}

/// The key that a second name in full stands for.
pub fn of_second(key: &str) -> Option<&'static Alias> {
    ALIASES.iter().find(|known| known.second() == key)
}

/// Gives every key of a table its first name, and returns the aliases that were used.
///
/// # Errors
/// The first alias that stands beside the key that it is another name of.
pub fn rename(table: &mut Table) -> Result<Vec<&'static Alias>, &'static Alias> {
    let mut used = Vec::new();
    for alias in &ALIASES {
        let Some(Value::Table(section)) = table.get_mut(alias.section) else { continue };
        let Some(value) = section.remove(alias.alias) else { continue };
        if section.insert(alias.name.to_owned(), value).is_some() {
            return Err(alias);
        }
        used.push(alias);
    }
    Ok(used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::keys::Keys;
    use crate::experiment::{load_text, parse_resolved, with_settings};

    #[test]
    fn every_alias_is_of_a_key_and_is_none_itself() {
        let keys = Keys::new();
        for alias in &ALIASES {
            assert!(keys.default_of(&alias.key()).is_some(), "{}", alias.key());
            assert!(keys.default_of(&alias.second()).is_none(), "{}", alias.second());
        }
    }

    #[test]
    fn second_names_are_read_wherever_keys_are() {
        let second = "[model]\nscaling = 2.0\nsamples = 24\ntest_samples = 3\n";
        let first = "[model]\nmultiplier = 2.0\npoints = 24\ntest_points = 3\n";
        let [by_second, by_first] =
            [second, first].map(|text| parse_resolved("x", text).expect("an experiment"));
        assert_eq!(by_second, by_first);
        assert_eq!((by_first.model.multiplier, by_first.model.points), (2.0, 24));
        let set = ["model.scaling=2.0", "model.samples=24", "model.test_samples=3"];
        assert_eq!(with_settings(&set.map(str::to_owned)).expect("an experiment"), by_first);
        let quick = "[quick.model]\nsamples = 12\n";
        let loaded = load_text(("x", "x"), quick, &[], true).expect("an experiment");
        assert_eq!(loaded.experiment.model.points, 12);
    }

    #[test]
    fn a_message_has_the_name_that_was_used() {
        let told = |text: &str, set: &[&str]| {
            let set: Vec<String> = set.iter().map(|set| (*set).to_owned()).collect();
            load_text(("x", "x"), text, &set, false).expect_err("a bad value").to_string()
        };
        let points = "must be a whole number from 1 to 2^31";
        let file = "[model]\nsamples = 0\n";
        assert_eq!(told(file, &[]), format!("x: model.samples = 0: {points}"));
        let quick = format!("x: quick.model.samples = 0: {points}");
        assert_eq!(told("[quick.model]\nsamples = 0\n", &[]), quick);
        let set = told("[model]\nsamples = 3\n", &["model.points=0"]);
        assert!(set.ends_with(&format!(" model.points = 0: {points}")), "{set}");
        let twice = told("[model]\nsamples = 3\npoints = 3\n", &[]);
        assert!(twice.starts_with("x: model.samples: is another name of model.points"), "{twice}");
    }
}
