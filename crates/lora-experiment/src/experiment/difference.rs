//! How two experiments differ.

use toml::{Table, Value};

use crate::experiment::Experiment;
use crate::experiment::shown::shown;

/// A key whose values differ, with both.
pub type Difference = (String, [String; 2]);

/// The first key whose values differ; none if the experiments are the same.
pub fn first_difference(a: &Experiment, b: &Experiment) -> Option<Difference> {
    differences(a, b).into_iter().next()
}

/// All keys whose values differ.
pub fn differences(a: &Experiment, b: &Experiment) -> Vec<Difference> {
    let [a, b] = [a, b].map(|e| Table::try_from(e).unwrap_or_default());
    let mut all = Vec::new();
    add(&a, &b, "", &mut all);
    all
}

fn add(a: &Table, b: &Table, prefix: &str, all: &mut Vec<Difference>) {
    for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
        let name = format!("{prefix}{key}");
        match (a.get(key), b.get(key)) {
            (Some(Value::Table(a)), Some(Value::Table(b))) => add(a, b, &format!("{name}."), all),
            (a, b) if a == b => {}
            (a, b) => {
                let told = |value: Option<&Value>| value.map_or("absent".to_owned(), shown);
                all.push((name, [told(a), told(b)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_and_both_values_are_told() {
        let a = Experiment::default();
        assert_eq!(first_difference(&a, &a.clone()), None);
        let mut b = a.clone();
        b.training.steps = 7;
        let told = |key: &str, a: String, b: &str| Some((key.to_owned(), [a, b.to_owned()]));
        let steps = a.training.steps.to_string();
        assert_eq!(first_difference(&a, &b), told("training.steps", steps, "7"));
        let mut b = a.clone();
        b.title = "other".to_owned();
        assert_eq!(first_difference(&a, &b), told("title", format!("{:?}", a.title), "\"other\""));
    }
    #[test]
    fn every_key_that_differs_is_told_once() {
        let a = Experiment::default();
        let mut b = a.clone();
        (b.training.steps, b.model.rank, b.search.basin) = (7, 9, 0.5);
        let keys: Vec<String> = differences(&a, &b).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["model.rank", "search.basin", "training.steps"]);
    }
}
