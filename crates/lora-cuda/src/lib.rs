//! The training engine on NVIDIA GPUs.

mod engine;
mod unavailable;

pub use engine::CudaEngine;
pub use unavailable::Unavailable;
