//! The training engine on NVIDIA GPUs.
//!
//! Kernels are CUDA C++ under `kernels/`, one file for each stage of a step; their PTX is part of
//! this crate, so that a driver is all it takes to run them. The driver is looked for when an engine
//! is made: everything builds, and says what is missing, on machines without one.
//!
//! A step reads Z twice, in two products for the whole batch, and H once; relu's signs are kept for
//! the way back. Sums over neurons are taken in chunks that the width alone fixes, and added in
//! order, so neither the batch nor the schedule changes a byte. The host looks every
//! 256 steps; runs that diverge leave the batch on the device.

mod adapters;
#[doc(hidden)]
pub mod bench;
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
mod step;
mod train;
mod unavailable;

pub use engine::{CudaEngine, NUMERICS};
pub use unavailable::Unavailable;
