//! The two factors of each adapted module.

use std::collections::BTreeMap;
use std::path::Path;

use super::Adapter;
use crate::error::CheckpointError;
use crate::tensor::Tensor;

/// What stands before the names of modules in PEFT's files.
const BEFORE: &str = "base_model.model.";
/// Ends of the names of A, of its partner B, and whether the module is an embedding.
pub(super) const ENDS: [(&str, &str, bool); 2] =
    [(".lora_A.weight", ".lora_B.weight", false), (".lora_embedding_A", ".lora_embedding_B", true)];

/// An adapted module.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// Its name in the base model, such as `model.layers.0.self_attn.q_proj`.
    pub module: &'a str,
    /// A: r × in; of an embedding, r × vocabulary.
    pub a: &'a Tensor,
    /// B: out × r; of an embedding, width × r.
    pub b: &'a Tensor,
    /// Whether the module is an embedding.
    pub embedding: bool,
}

impl Pair<'_> {
    /// The rank r.
    pub fn rank(&self) -> usize {
        self.a.shape.first().copied().unwrap_or(0)
    }
}

/// The pairs that are whole.
pub(super) fn of(tensors: &BTreeMap<String, Tensor>) -> impl Iterator<Item = Pair<'_>> {
    tensors.iter().filter_map(|(name, a)| {
        let (module, _, end_b, embedding) = split(name)?;
        let b = tensors.get(&format!("{module}{end_b}"))?;
        Some(Pair { module: module_of(module), a, b, embedding })
    })
}

/// The name of a module in the base model, from what stands before the end of a factor's name.
pub(super) fn module_of(name: &str) -> &str {
    name.strip_prefix(BEFORE).unwrap_or(name)
}

/// The module of a factor A, and the ends of both names.
fn split(name: &str) -> Option<(&str, &'static str, &'static str, bool)> {
    ENDS.iter().find_map(|&(a, b, embedding)| Some((name.strip_suffix(a)?, a, b, embedding)))
}

/// Refuses a factor without its partner, and partners that do not fit.
pub(super) fn check(file: &Path, adapter: &Adapter) -> Result<(), CheckpointError> {
    let tensors = &adapter.tensors;
    for name in tensors.keys() {
        let partner =
            ENDS.iter().find_map(|(a, b, _)| match (name.strip_suffix(a), name.strip_suffix(b)) {
                (Some(module), _) => Some(format!("{module}{b}")),
                (_, Some(module)) => Some(format!("{module}{a}")),
                _ => None,
            });
        if let Some(partner) = partner.filter(|partner| !tensors.contains_key(partner)) {
            return Err(CheckpointError::missing(file, &partner));
        }
    }
    for pair in of(tensors) {
        let fits = matches!((&pair.a.shape[..], &pair.b.shape[..]), ([r, _], [_, columns]) if r == columns && *r > 0);
        if !fits {
            let what = format!(
                "has factors of the shapes {:?} and {:?}; valid is r × in and out × r",
                pair.a.shape, pair.b.shape
            );
            return Err(CheckpointError::tensor(file, pair.module, what));
        }
        let plain = adapter.config.rank_pattern.is_empty();
        if plain && pair.rank() != adapter.config.r {
            let what = format!(
                "has factors of rank {}; the configuration says {}",
                pair.rank(),
                adapter.config.r
            );
            return Err(CheckpointError::tensor(file, pair.module, what));
        }
    }
    Ok(())
}
