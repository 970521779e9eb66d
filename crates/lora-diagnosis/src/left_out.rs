//! What an adapter's file holds beside the factors of linear modules.

use lora_checkpoint::AdapterNames;
use serde::Serialize;

/// Tensors or modules of which nothing is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// What they are.
    pub what: &'static str,
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub first: String,
    /// Why nothing is said, or what that does to what is said.
    pub why: &'static str,
}

/// Ends of names, what they are, and why nothing is said of them.
const KNOWN: [(&[&str], &str, &str); 2] = [
    (
        &[".lora_magnitude_vector", ".lora_magnitude_vector.weight"],
        "magnitude vectors of DoRA",
        "DoRA scales the sum of the weight and s B A, so the module's output differs from what is said of s B A",
    ),
    (
        &[".lora_B.bias", ".lora_embedding_B.bias"],
        "biases of B",
        "a bias adds to the output whatever the input is",
    ),
];

const REST: (&str, &str) = (
    "tensors that trained whole",
    "they have no factors; `modules_to_save` and `bias` of the config name them",
);
const EMBEDDINGS: (&str, &str) = (
    "adapted embeddings",
    "a token takes one column of A, and PEFT starts them with A = 0 and B of standard deviation 1",
);
const CONVOLUTIONS: (&str, &str) =
    ("modules whose factors are no matrices", "the laws are those of linear modules");

/// Everything that is left out.
pub(crate) fn left_out(names: &AdapterNames) -> Vec<LeftOut> {
    let is = |name: &str, ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let group = |what, why, all: Vec<&String>| {
        let first = all.first()?.to_string();
        Some(LeftOut { what, count: all.len(), first, why })
    };
    let known = KNOWN.iter().filter_map(|(ends, what, why)| {
        group(*what, *why, names.others.iter().filter(|name| is(name, ends)).collect())
    });
    let is_known = |name: &&String| KNOWN.iter().any(|(ends, ..)| is(name, ends));
    let rest = names.others.iter().filter(|name| !is_known(name)).collect();
    let (embeddings, no_matrices) = (&names.embeddings, &names.no_matrices);
    known
        .chain(group(EMBEDDINGS.0, EMBEDDINGS.1, embeddings.iter().collect()))
        .chain(group(CONVOLUTIONS.0, CONVOLUTIONS.1, no_matrices.iter().collect()))
        .chain(group(REST.0, REST.1, rest))
        .collect()
}
