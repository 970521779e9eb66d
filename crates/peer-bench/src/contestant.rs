//! The contestants.

/// A contestant other than ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contestant {
    /// Its name in `python/worker.py`.
    pub key: &'static str,
    /// Its name in tables.
    pub label: &'static str,
}

/// Our engine.
pub const OURS: Contestant = Contestant { key: "ours", label: "lora-limits" };

/// The other contestants, in the order of their turns.
pub const OTHERS: [Contestant; 5] = [
    Contestant { key: "jax-vmap", label: "JAX, jit, vmap over LRs" },
    Contestant { key: "jax-map", label: "JAX, jit, lax.map over LRs" },
    Contestant { key: "torch-eager", label: "PyTorch, eager, LRs batched" },
    Contestant { key: "torch-compile", label: "PyTorch, torch.compile, LRs batched" },
    Contestant { key: FULL, label: "PyTorch, full model, one LR" },
];

const FULL: &str = "torch-full";

impl Contestant {
    /// Whether it computes W_h Z in every step, and trains one run only.
    pub fn is_full(&self) -> bool {
        self.key == FULL
    }
}
