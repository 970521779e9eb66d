//! The contestants on transformers.

/// A contestant other than ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its name in files and on the command line.
    pub key: &'static str,
    /// Its name in tables.
    pub label: &'static str,
    /// Whether PyTorch compiles the model.
    pub compiled: bool,
    /// Whether the runs of a sweep are shared out among processes with a thread each, instead of one
    /// after another on all threads.
    pub alone: bool,
}

/// Our trainer. Runs of a sweep train side by side.
pub const OURS: Peer = Peer { key: "ours", label: "lora-limits", compiled: false, alone: false };

/// The other contestants, in the order of their turns.
pub const OTHERS: [Peer; 4] = [
    Peer { key: "eager", label: "PyTorch, eager", compiled: false, alone: false },
    Peer { key: "compile", label: "torch.compile", compiled: true, alone: false },
    Peer {
        key: "eager-apart",
        label: "PyTorch, eager, a thread a run",
        compiled: false,
        alone: true,
    },
    Peer {
        key: "compile-apart",
        label: "torch.compile, a thread a run",
        compiled: true,
        alone: true,
    },
];

impl Peer {
    /// Processes among which the runs are shared out, and threads of each.
    pub fn shares(&self, threads: usize) -> (usize, usize) {
        if self.alone { (threads, 1) } else { (1, threads) }
    }
}
