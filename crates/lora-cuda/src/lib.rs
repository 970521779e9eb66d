//! The training engine on NVIDIA GPUs.
//!
//! Kernels are CUDA C++ under `kernels/`, one file for each stage of a step. Their PTX is compiled in
//! advance and packed into this crate, so that running them takes nothing but NVIDIA's driver. The
//! driver is looked up when an engine is created: on a machine without one everything builds, and
//! [`CudaEngine::new`] says what is missing.
//!
//! A step reads Z twice, in two products for the whole batch, and H once. The signs of relu's
//! preactivations are kept for the backward pass. Sums over neurons are taken in chunks that only the
//! width fixes, and added in order, so that neither the batch nor the schedule changes a byte. The
//! host looks every 256 steps. Runs that diverge leave the batch on the device.

#![warn(clippy::missing_errors_doc)]

mod adapters;
mod buffers;
mod cost;
mod device;
mod draw;
mod engine;
mod frozen;
mod history;
mod layout;
mod problem;
mod ptx;
mod queue;
mod raw;
mod raw_rule;
mod step;
mod train;
mod unavailable;

pub use engine::{CudaEngine, NUMERICS};
pub use ptx::DamagedKernels;
pub use unavailable::Unavailable;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The parts of the engine that `lora-cuda-bench` measures. They may change at any time.
#[doc(hidden)]
pub mod parts {
    pub use crate::buffers::{Buffers, STEPS_AT_ONCE};
    pub use crate::cost::{Sizes, Stage};
    pub use crate::device::Device;
    pub use crate::frozen::Artist;
    pub use crate::problem::CudaProblem;
    pub use crate::queue::{Buffer, Queue};
    pub use crate::raw::Address;
    pub use crate::step::Launch;
    pub use crate::train::{Group, Loop};
}
