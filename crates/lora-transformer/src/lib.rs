//! Transformers with LoRA, trained on the CPU.
//!
//! A [`net::Net`] numbers the parts of a model, and a [`base::Base`] holds its frozen weights, which any
//! number of runs share. A [`trainer::Trainer`] has what one run changes ([`trained::Trained`]): adapters,
//! perhaps a head, and the state of the optimiser. [`model`] computes outputs, losses and gradients from a
//! [`pass::Pass`], which borrows all of it.
//!
//! Matrices are row-major. Activations are \[rows, n\], with a row for each token of a slice of the batch.

#![warn(clippy::missing_errors_doc)]

pub mod activation;
pub mod adapter;
pub mod attention;
pub mod base;
pub mod batch;
pub mod block;
pub mod check;
pub mod dropout;
pub mod embedding;
pub mod error;
pub mod head;
pub mod linear;
pub mod lora;
pub mod loss;
pub mod mlp;
pub mod model;
pub mod net;
pub mod norm;
pub mod observe;
pub mod optimizer;
pub mod order;
pub mod pass;
pub mod peft;
pub mod product;
pub mod record;
pub mod rotary;
pub mod run_spec;
pub mod schedule;
pub mod state;
pub mod trained;
pub mod trainer;
pub mod vector;
pub mod weight;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
