//! Who takes part.

/// A contestant other than ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contestant {
    /// What `python/worker.py` calls it.
    pub key: &'static str,
    /// What tables call it.
    pub label: &'static str,
}

/// Ours, by its names.
pub const OURS: Contestant = Contestant { key: "ours", label: "lora-limits" };

/// The others, in the order of their turns.
pub const OTHERS: [Contestant; 5] = [
    Contestant { key: "jax-vmap", label: "JAX, jit, vmap over LRs" },
    Contestant { key: "jax-map", label: "JAX, jit, lax.map over LRs" },
    Contestant { key: "torch-eager", label: "PyTorch, eager, LRs batched" },
    Contestant { key: "torch-compile", label: "PyTorch, torch.compile, LRs batched" },
    Contestant { key: FULL, label: "PyTorch, full model, one LR" },
];

const FULL: &str = "torch-full";

impl Contestant {
    /// Whether it computes W_h Z in every step, of one run only.
    pub fn is_full(&self) -> bool {
        self.key == FULL
    }
}
