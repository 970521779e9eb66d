//! The synthetic model of LoRA finetuning, and the engine that trains batches of runs on it.
//!
//! The student is f(X) = W_out φ(H + s B A Z), with Z = φ(W_in X) and H = W_in X + W_h Z fixed. Only
//! A [r × n] and B [n × r] train, on the mean squared error to a teacher of the same form. H never
//! changes, so a step costs O(n N r) instead of O(n² N).
//!
//! [`CpuEngine`] trains this network; [`LayerEngine`] trains its LoRA layer alone, under a backward
//! signal from outside.
//!
//! ```
//! use lora_sim::{Batch, CpuEngine, Engine, spec::*};
//!
//! let model = Model { points: 64, ..Model::default() };
//! let training = Training { steps: 20, ..Training::default() };
//! let engine = CpuEngine::new();
//! let mut problem = engine.prepare(&model, 128, 0)?;
//! let run = Run { init: Init::A, lr: 1e-2, adapter_seed: 0 };
//! let outcome = &problem.train(&Batch::new(&training, &[run]))?[0];
//! assert!(outcome.trajectory.losses[20] < outcome.trajectory.losses[0]);
//! # Ok::<(), lora_sim::SimError>(())
//! ```

#![warn(clippy::missing_errors_doc)]

pub mod activation;
mod adapter;
mod aligned;
mod bandwidth;
mod check;
mod cpu;
mod data;
mod engine;
mod error;
mod factor;
mod frozen;
mod hidden;
mod kernels;
mod layer;
mod matmul;
mod memory;
mod norms;
mod peak;
pub mod spec;

pub use adapter::AdapterState;
pub use aligned::AlignedMatrix;
pub use bandwidth::peak_bandwidth;
pub use cpu::{CpuEngine, stages};
pub use data::{Columns, Data};
pub use engine::{Batch, Engine, Memory, NUMERICS, Outcome, Problem, Record, Trajectory};
pub use error::SimError;
pub use frozen::{Frozen, input_weights, readout};
pub use hidden::{covariance_root, hidden_weights, is_explicit};
pub use kernels::{Isa, ParameterSlice, Rule};
pub use layer::LayerEngine;
pub use norms::{FeatureNorms, Rows};
pub use peak::peak_multiply_adds;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
