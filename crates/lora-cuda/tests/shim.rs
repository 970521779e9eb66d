//! The whole conformance suite on the kernels as the CPU runs them.

use lora_cuda::CudaEngine;

/// The engine on the stand-in driver, or nothing where there is no C++ compiler.
fn engine() -> Option<CudaEngine> {
    lora_cuda_shim::unless_missing(lora_cuda_shim::preload())?;
    Some(CudaEngine::new(0).expect("the stand-in is a device"))
}

lora_conformance::conformance!(
    shim,
    match super::engine() {
        Some(engine) => engine,
        None => return,
    }
);
