//! The conformance suite on the CPU engine, once for each instruction set of this machine.

use lora_sim::{CpuEngine, Isa};

/// The `index`-th fastest set, or the slowest if there are fewer.
fn engine(index: usize) -> CpuEngine {
    let sets = Isa::available();
    CpuEngine::with_isa(sets[index.min(sets.len() - 1)])
}

lora_conformance::conformance!(fastest, super::engine(0));
lora_conformance::conformance!(second, super::engine(1));
lora_conformance::conformance!(portable, super::engine(9));
