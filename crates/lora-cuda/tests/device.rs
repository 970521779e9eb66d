//! The whole conformance suite on this machine's GPU, where it has one.

use lora_cuda::CudaEngine;

/// The engine on the first device, or nothing, and a line that says why.
fn engine() -> Option<CudaEngine> {
    CudaEngine::new(0).map_err(|unavailable| println!("skipped: {unavailable}")).ok()
}

lora_conformance::conformance!(
    device,
    match super::engine() {
        Some(engine) => engine,
        None => return,
    }
);
