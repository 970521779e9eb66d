//! How two plans of one claim or study differ, in data and in words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::study::plan_entry::Entry;

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
/// The key of the predictions for readers.
const PREDICTIONS: &str = "predictions";
/// The key of the same for the judge.
pub const PREDICTED: &str = "predicted";
/// Most items of a list that are shown.
const MOST_ITEMS: usize = 3;

/// One change of a plan after measuring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanChange {
    /// When it was seen, UTC.
    when: Option<String>,
    /// The claim or study.
    pub name: String,
    /// What was changed of it.
    key: String,
    before: Value,
    after: Value,
}

impl PlanChange {
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
pub fn note(first: &Entry, entry: &Entry, changed: &mut Vec<PlanChange>, now: &Option<String>) {
    for (key, planned, after) in compared(first, entry) {
        let name = id(entry);
        let earlier = changed.iter().rev().find(|change| change.name == name && change.key == key);
        let before = earlier.map_or(planned, |change| &change.after).clone();
        if before != *after {
            let (name, key, after) = (name.to_owned(), key.to_owned(), after.clone());
            changed.push(PlanChange { when: now.clone(), name, key, before, after });
        }
    }
}

/// The value of a key as it was planned last; null if there is none.
pub fn latest<'e>(first: &'e Entry, key: &str, changed: &'e [PlanChange]) -> &'e Value {
    let of_key = |change: &&PlanChange| change.name == id(first) && change.key == key;
    let last = changed.iter().rev().find(of_key).map(|change| &change.after);
    last.or_else(|| first.get(key)).unwrap_or(&Value::Null)
}

/// Gives the entry of an older version the predictions for the judge. Where the sentences for readers are still
/// the same, so is what they say, and the first entry takes it; else it is noted as a change.
pub fn complete(
    first: &mut Entry,
    entry: &Entry,
    (changed, now): (&mut Vec<PlanChange>, &Option<String>),
) {
    let key = PREDICTED;
    let Some(after) = entry.get(key).filter(|_| !first.contains_key(key)) else { return };
    if first.get(PREDICTIONS) == entry.get(PREDICTIONS) {
        first.insert(key.to_owned(), after.clone());
    } else if latest(first, key, changed) != after {
        let before = latest(first, key, changed).clone();
        let (name, key, after) = (id(entry).to_owned(), key.to_owned(), after.clone());
        changed.push(PlanChange { when: now.clone(), name, key, before, after });
    }
}

/// How an entry differs from the first one, in words: "tolerance 0.125 → 1".
pub fn differences(first: &Entry, entry: &Entry) -> Vec<String> {
    let differ = compared(first, entry).filter(|(_, before, after)| before != after);
    // The predictions for readers say the same in other words.
    let shown = first.get(PREDICTIONS) != entry.get(PREDICTIONS);
    let differ = differ.filter(|(key, ..)| !(shown && *key == PREDICTED));
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

    #[test]
    fn predictions_are_told_once_and_those_for_the_judge_where_nothing_else_differs() {
        let of = |predictions: &str, gamma: &str| {
            let predicted = serde_json::json!([{ "quantity": "za", "exponent": gamma }]);
            entry(serde_json::json!({
                "id": "c", "predictions": [predictions], "predicted": predicted,
            }))
        };
        let first = of("Z_A 0", "0");
        assert_eq!(differences(&first, &of("Z_A 1/4", "1/4")), ["predictions Z_A 0 → Z_A 1/4"]);
        let told = differences(&first, &of("Z_A 0", "1/4"));
        assert_eq!(told, ["predicted exponent 0, quantity za → exponent 1/4, quantity za"]);
    }

    /// A plan of an older version is completed, and a key that nobody could change is no change.
    #[test]
    fn an_entry_without_the_key_takes_it_where_readers_were_told_the_same() {
        let entry_of = |predictions: &str| {
            entry(serde_json::json!({ "id": "c", "predictions": [predictions] }))
        };
        let mut now = entry_of("Z_A 0");
        now.insert(PREDICTED.into(), serde_json::json!([{ "exponent": "0" }]));
        let mut changed = Vec::new();
        let mut same = entry_of("Z_A 0");
        complete(&mut same, &now, (&mut changed, &None));
        assert_eq!((&same, changed.len()), (&now, 0));
        let mut other = entry_of("Z_A 1");
        for _ in 0..2 {
            complete(&mut other, &now, (&mut changed, &None));
            assert_eq!((other.get(PREDICTED), changed.len()), (None, 1));
            assert_eq!(latest(&other, PREDICTED, &changed), &now[PREDICTED]);
        }
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
