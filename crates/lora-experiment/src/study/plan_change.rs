//! How two plans of one claim or study differ, in data and in words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::study::kept_plan::Entry;

/// The key of a change that is about a claim as a whole.
const WHOLE: &str = "claim";
/// A claim that came after its study was measured.
pub const ADDED: &str = "added after measuring";
/// A claim whose study was measured, while the plan was gone.
pub const LOST: &str = "the plan was missing, so nothing shows that it was made before measuring";

/// Keys that decide nothing: names, and what follows from other keys.
const COSMETIC: [&str; 4] = ["id", "topic", "source", "statement"];
/// Keys that hold sentences, which are too long to be shown.
const SENTENCES: [&str; 3] = ["says", "reason", "control"];
/// Most items of a list that are shown.
const MOST_ITEMS: usize = 3;

/// One change of a plan after measuring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When it was seen, UTC.
    when: Option<String>,
    /// The claim or study.
    pub name: String,
    /// What was changed of it.
    key: String,
    before: Value,
    after: Value,
}

impl Change {
    /// That a claim came late.
    pub fn of_whole(name: &str, what: &str, now: &Option<String>) -> Self {
        let after = Value::from(what);
        Self { when: now.clone(), name: name.into(), key: WHOLE.into(), before: Value::Null, after }
    }

    /// That a claim came late, in words.
    pub fn whole(&self) -> Option<String> {
        (self.key == WHOLE).then(|| self.after.as_str().map(str::to_owned)).flatten()
    }
}

/// The name of an entry.
pub fn id(entry: &Entry) -> &str {
    text(entry, "id")
}

/// A text of an entry; empty if it has none.
pub fn text<'e>(entry: &'e Entry, key: &str) -> &'e str {
    entry.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The keys that both entries have and that decide something, with both values. A key that only one
/// has is of another version of this program.
fn compared<'e>(
    first: &'e Entry,
    now: &'e Entry,
) -> impl Iterator<Item = (&'e str, &'e Value, &'e Value)> {
    let both = now.iter().filter_map(|(key, now)| Some((key.as_str(), first.get(key)?, now)));
    both.filter(|(key, _, _)| !COSMETIC.contains(key))
}

/// Adds what differs from the last that was seen of an entry.
pub fn note(first: &Entry, entry: &Entry, changed: &mut Vec<Change>, now: &Option<String>) {
    for (key, planned, after) in compared(first, entry) {
        let name = id(entry);
        let earlier = changed.iter().rev().find(|change| change.name == name && change.key == key);
        let before = earlier.map_or(planned, |change| &change.after).clone();
        if before != *after {
            let (name, key, after) = (name.to_owned(), key.to_owned(), after.clone());
            changed.push(Change { when: now.clone(), name, key, before, after });
        }
    }
}

/// How an entry differs from the first one, in words: "tolerance 0.125 → 1".
pub fn differences(first: &Entry, entry: &Entry) -> Vec<String> {
    let differ = compared(first, entry).filter(|(_, before, after)| before != after);
    let word = |(key, before, after): (&str, &Value, &Value)| {
        if SENTENCES.contains(&key) {
            return if key == "says" { "statement".to_owned() } else { key.to_owned() };
        }
        let [before, after] = apart(before, after);
        format!("{key} {before} → {after}")
    };
    differ.map(word).collect()
}

/// Both values in words; of two lists only the items in which they differ.
fn apart(before: &Value, after: &Value) -> [String; 2] {
    let (Value::Array(before), Value::Array(after)) = (before, after) else {
        return [shown(before), shown(after)];
    };
    let only = |own: &[Value], other: &[Value]| {
        let items: Vec<String> =
            own.iter().filter(|item| !other.contains(item)).map(shown).collect();
        match items.len() {
            0 => "none".to_owned(),
            all if all > MOST_ITEMS => {
                format!("{} and {} more", items[..MOST_ITEMS].join(", "), all - MOST_ITEMS)
            }
            _ => items.join(", "),
        }
    };
    [only(before, after), only(after, before)]
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            let pair = |(key, value): (&String, &Value)| format!("{key} {}", shown(value));
            map.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(value: Value) -> Entry {
        value.as_object().expect("a table").clone()
    }

    #[test]
    fn differences_are_named_with_both_values() {
        let first = entry(serde_json::json!({
            "id": "c", "says": "old", "tolerance": 0.125, "predictions": ["Z_A 0", "Z_B 1/2"],
            "against": null, "topic": "old", "gone": 1,
        }));
        let now = entry(serde_json::json!({
            "id": "c", "says": "new", "tolerance": 1.0, "predictions": ["Z_A 0", "Z_B 1/4"],
            "against": "base", "topic": "new", "come": 1,
        }));
        let mut told = differences(&first, &now);
        told.sort();
        let expected = [
            "against none → base",
            "predictions Z_B 1/2 → Z_B 1/4",
            "statement",
            "tolerance 0.125 → 1.0",
        ];
        assert_eq!(told, expected);
        assert!(differences(&first, &first).is_empty());
    }

    /// Every change is noted once, and a change back is one more.
    #[test]
    fn the_list_of_changes_only_grows() {
        let at = |tolerance: f64| entry(serde_json::json!({ "id": "c", "tolerance": tolerance }));
        let mut changed = Vec::new();
        for (tolerance, noted) in [(0.125, 0), (1.0, 1), (1.0, 1), (0.125, 2), (0.25, 3)] {
            note(&at(0.125), &at(tolerance), &mut changed, &None);
            assert_eq!(changed.len(), noted, "{tolerance}");
        }
        assert_eq!((&changed[2].before, &changed[2].after), (&0.125.into(), &0.25.into()));
    }
}
