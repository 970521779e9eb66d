//! How two experiments differ.

use toml::{Table, Value};

use super::Experiment;
use super::origin::shown;

/// The first key whose values differ, with both; none if the experiments are the same.
pub fn first_difference(a: &Experiment, b: &Experiment) -> Option<(String, [String; 2])> {
    let [a, b] = [a, b].map(|e| Table::try_from(e).unwrap_or_default());
    first(&a, &b, "")
}

fn first(a: &Table, b: &Table, prefix: &str) -> Option<(String, [String; 2])> {
    a.keys().chain(b.keys()).find_map(|key| {
        let name = format!("{prefix}{key}");
        match (a.get(key), b.get(key)) {
            (Some(Value::Table(a)), Some(Value::Table(b))) => first(a, b, &format!("{name}.")),
            (a, b) if a == b => None,
            (a, b) => {
                let told = |value: Option<&Value>| value.map_or("absent".to_owned(), shown);
                Some((name, [told(a), told(b)]))
            }
        }
    })
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
}
