//! Reference cases, as `tests/transformers/make_cases.py` describes them.

mod compute;
mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use files::{Tensors, read_json, read_tensors};

/// A case.
pub struct Case {
    pub name: String,
    folder: PathBuf,
    settings: Value,
    batches: Value,
    initial: Tensors,
    expected: Tensors,
}

/// Kinds of values: what stands before the slash of their names.
pub struct Kinds(BTreeSet<String>);

impl Kinds {
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let kind = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
        let kinds = names.into_iter().map(kind);
        Self(kinds.filter(|kind| kind != "f64" && kind != "losses64").collect())
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

impl Case {
    pub fn open(folder: &Path) -> Self {
        Self {
            name: folder.file_name().expect("a name").to_string_lossy().into_owned(),
            folder: folder.to_owned(),
            settings: read_json(&folder.join("case.json")),
            batches: read_json(&folder.join("batches.json")),
            initial: read_tensors(&folder.join("initial.safetensors")),
            expected: read_tensors(&folder.join("expected.safetensors")),
        }
    }

    /// Kinds of values that a planted error must spoil; none if nothing is planted.
    pub fn planted(&self) -> Option<Vec<String>> {
        self.settings["planted"].as_str()?;
        let differs = self.settings["differs"].as_object().expect("what differs");
        Some(differs.keys().cloned().collect())
    }

    /// What the engine makes of the case, under the names of `expected.safetensors`.
    pub fn run(&self, ours: Option<&Path>) -> BTreeMap<String, Vec<f64>> {
        compute::run(self, ours)
    }

    /// By kind, how far values are from what is expected, by Euclidean norms for what comes behind updates
    /// and by the largest difference for the rest; and how far f32 is from f64 in PyTorch.
    pub fn distances(&self, found: &BTreeMap<String, Vec<f64>>) -> super::Distances {
        let kinds = Kinds::of(self.expected.keys().map(String::as_str));
        let one = |kind: &str| {
            let of_kind = |name: &&String| name.split('/').next() == Some(kind);
            let (mut off, mut size) = (0.0f64, 0.0f64);
            let (mut off_squares, mut squares) = (0.0f64, 0.0f64);
            for name in self.expected.keys().filter(of_kind) {
                let expected = &self.expected[name].1;
                let found = found.get(name).unwrap_or_else(|| panic!("{}: no {name}", self.name));
                assert_eq!(found.len(), expected.len(), "{}: {name}", self.name);
                for (found, expected) in found.iter().zip(expected) {
                    let gap = (found - expected).abs();
                    let gap = if gap.is_nan() { f64::INFINITY } else { gap };
                    (off, size) = (off.max(gap), size.max(expected.abs()));
                    off_squares += gap * gap;
                    squares += expected * expected;
                }
            }
            let rounding = &self.settings["rounding_norm"][kind];
            let trained = super::TRAINED.contains(&kind);
            let share = if trained { (off_squares / squares).sqrt() } else { off / size };
            (kind.to_owned(), [share, rounding.as_f64().unwrap_or(0.0)])
        };
        kinds.names().into_iter().map(one).collect()
    }
}
