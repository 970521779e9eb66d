//! The answer for one kind of module.

use lora_peft::{AdaptedKind, Class, Role};
use serde::Serialize;

use super::carried::{Carried, no_law};
use super::law::Law;
use crate::transfer::{LrRange, SizeChange, way};

/// One kind of adapted module, over the layers that have it.
#[derive(Clone, Debug, Serialize)]
pub struct ModuleAdvice {
    /// What its modules have in common, such as `self_attn.q_proj`.
    pub kind: String,
    /// The whole name of the first.
    pub name: String,
    /// Their layers; empty outside of the layers.
    pub layers: Vec<usize>,
    /// Number of modules.
    pub count: usize,
    /// How the base made it.
    pub class: Class,
    /// Where it stands.
    pub role: Role,
    /// n: inputs of A.
    pub fan_in: usize,
    /// Outputs of B.
    pub fan_out: usize,
    /// The rank.
    pub r: u32,
    /// α.
    pub alpha: f64,
    /// s, PEFT's `scaling`.
    pub scaling: f64,
    /// The start in the paper's terms.
    pub init: &'static str,
    /// Standard deviation of the entries of A, r × fan-in, before the first step.
    pub std_a: f64,
    /// Of B, fan-out × r.
    pub std_b: f64,
    /// The learning rate here, where one is carried.
    pub lr: Option<LrRange>,
    /// A factor for each size that changes.
    pub changes: Vec<SizeChange>,
    /// Where the learning rate comes from.
    pub by: Option<String>,
    /// Why no learning rate is carried here: the theory has no law of such modules, or the other config has
    /// no such module.
    pub why_not: Option<String>,
}

impl ModuleAdvice {
    /// Of a kind, with what was carried to it.
    pub fn of(kind: &AdaptedKind, law: &Law, carried: Option<&Result<Carried, String>>) -> Self {
        let (found, why_not) = match carried {
            Some(Ok(found)) => (Some(found), None),
            Some(Err(why)) => (None, Some(why.clone())),
            None => (None, no_law(kind.module.role).map(str::to_owned)),
        };
        let stds = kind.stds.unwrap_or(lora_peft::Stds { a: 0.0, b: 0.0 });
        let module = kind.module.clone();
        Self {
            init: init(kind, law),
            kind: module.kind,
            name: module.name,
            layers: kind.layers.clone(),
            count: kind.count(),
            class: module.class,
            role: module.role,
            fan_in: module.fan_in,
            fan_out: module.fan_out,
            r: kind.r,
            alpha: kind.alpha,
            scaling: kind.scaling,
            std_a: stds.a,
            std_b: stds.b,
            lr: found.map(|found| found.lr),
            changes: found.map(|found| found.changes.clone()).unwrap_or_default(),
            by: found.map(|found| by(&found.changes)),
            why_not,
        }
    }
}

/// An embedding starts the other way round: A = 0 and B normal.
fn init(kind: &AdaptedKind, law: &Law) -> &'static str {
    let zero = kind.stds.is_some_and(|stds| stds.a == 0.0);
    match kind.module.class {
        Class::Embedding if zero => "Init[B]",
        Class::Embedding => "Init[AB]",
        Class::Linear | Class::Conv1d => law.init,
    }
}

fn by(changes: &[SizeChange]) -> String {
    if changes.is_empty() {
        return "nothing that the law knows changes".to_owned();
    }
    let each = changes.iter().map(|change| format!("{} {}", change.of, way(change.method)));
    each.collect::<Vec<_>>().join(", ")
}
