//! What an adapter's file holds beside the factors of linear modules.

use lora_checkpoint::AdapterNames;
use serde::Serialize;

/// Tensors or modules of which nothing is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// What they are, in the plural.
    pub what: &'static str,
    /// What one of them is.
    #[serde(skip)]
    one: &'static str,
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub first: String,
    /// Why nothing is said, or what that does to what is said.
    pub why: &'static str,
}

impl LeftOut {
    /// How many, with the noun.
    pub(crate) fn counted(&self) -> String {
        format!("{} {}", self.count, if self.count == 1 { self.one } else { self.what })
    }
}

/// What one is, what several are, and why nothing is said of them.
type What = [&'static str; 3];

/// Ends of names, and what they are.
const KNOWN: [(&[&str], What); 2] = [
    (
        &[".lora_magnitude_vector", ".lora_magnitude_vector.weight"],
        [
            "magnitude vector of DoRA",
            "magnitude vectors of DoRA",
            "DoRA scales the sum of the weight and s B A, so the module's output differs from what is said of s B A",
        ],
    ),
    (
        &[".lora_B.bias", ".lora_embedding_B.bias"],
        ["bias of B", "biases of B", "a bias adds to the output whatever the input is"],
    ),
];

const REST: What = [
    "tensor that trained whole",
    "tensors that trained whole",
    "it has no factors; `modules_to_save` or `bias` of the config names it",
];
const EMBEDDINGS: What = [
    "adapted embedding",
    "adapted embeddings",
    "a token takes one column of A, and PEFT starts with A = 0 and B of standard deviation 1, or with both of standard \
     deviation 1 where `init_lora_weights` is false",
];
const CONVOLUTIONS: What = [
    "module whose factors are no matrices",
    "modules whose factors are no matrices",
    "the laws are those of linear modules",
];

/// Everything that is left out.
pub(crate) fn left_out(names: &AdapterNames) -> Vec<LeftOut> {
    let is = |name: &str, ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let group = |[one, what, why]: What, all: Vec<&String>| {
        let first = all.first()?.to_string();
        Some(LeftOut { what, one, count: all.len(), first, why })
    };
    let known = KNOWN.iter().filter_map(|(ends, what)| {
        group(*what, names.others.iter().filter(|name| is(name, ends)).collect())
    });
    let is_known = |name: &&String| KNOWN.iter().any(|(ends, ..)| is(name, ends));
    let rest = names.others.iter().filter(|name| !is_known(name)).collect();
    let (embeddings, no_matrices) = (&names.embeddings, &names.no_matrices);
    known
        .chain(group(EMBEDDINGS, embeddings.iter().collect()))
        .chain(group(CONVOLUTIONS, no_matrices.iter().collect()))
        .chain(group(REST, rest))
        .collect()
}
