//! The engine agrees with PyTorch, transformers and PEFT on the cases that `tests/transformers/run.sh`
//! makes. `LORA_REFERENCES` names their folder; without it there is nothing to compare, and the test says
//! so. What the engine has trained is left in `LORA_OURS`, for PEFT to load.

mod cases;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cases::{Case, Kinds};

/// The loss of every step must agree to this share, and everything computed without an update.
const SHARE: f64 = 1e-4;

/// Adam acts on signs, so an entry whose gradient f32 rounds to the other sign moves the other way. What
/// comes behind updates is compared by Euclidean norms with the distance that PyTorch in f32 has from
/// PyTorch in f64 itself, times this: ours and its roundings are independent, and of any one machine.
const ROUNDINGS: f64 = 10.0;

/// What kinds of values come behind updates.
const TRAINED: [&str; 2] = ["final", "final_logits"];

#[test]
fn every_case_agrees_and_every_planted_error_is_found() {
    let Some(root) = std::env::var_os("LORA_REFERENCES").map(PathBuf::from) else {
        println!("skipped: LORA_REFERENCES names no folder of tests/transformers/run.sh");
        return;
    };
    let ours = std::env::var_os("LORA_OURS").map(PathBuf::from);
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&root)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("case.json").exists())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "no case in {}", root.display());
    let faults: Vec<String> =
        folders.iter().filter_map(|folder| fault(folder, ours.as_deref())).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What is wrong with a case; none if nothing is.
fn fault(folder: &Path, ours: Option<&Path>) -> Option<String> {
    let case = Case::open(folder);
    let found = case.run(ours);
    let distances = case.distances(&found);
    let shown: Vec<String> =
        distances.iter().map(|(kind, [off, _])| format!("{kind} {off:.0e}")).collect();
    println!("{}: {}", case.name, shown.join(", "));
    let beyond: Vec<&str> = distances
        .iter()
        .filter(|(kind, [off, rounding])| *off > bound(kind, *rounding))
        .map(|(kind, _)| kind.as_str())
        .collect();
    match case.planted() {
        None => {
            (!beyond.is_empty()).then(|| format!("{} differs in {beyond:?}: {shown:?}", case.name))
        }
        Some(planted) => {
            let missed: Vec<&String> =
                planted.iter().filter(|kind| !beyond.contains(&kind.as_str())).collect();
            (!missed.is_empty()).then(|| format!("{}: {missed:?} agree", case.name))
        }
    }
}

fn bound(kind: &str, rounding: f64) -> f64 {
    if TRAINED.contains(&kind) { (ROUNDINGS * rounding).max(SHARE) } else { SHARE }
}

/// By kind of value: the distance from what is expected, and PyTorch's own rounding.
pub type Distances = BTreeMap<String, [f64; 2]>;

#[test]
fn kinds_of_values_are_what_stands_before_the_slash() {
    let kinds = Kinds::of(["final/a.b", "final/c", "losses", "f64/losses", "final_logits/0"]);
    assert_eq!(kinds.names(), ["final", "final_logits", "losses"]);
}
