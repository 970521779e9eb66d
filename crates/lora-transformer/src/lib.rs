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
pub mod buffer;
pub mod check;
pub mod dropout;
pub mod embedding;
pub mod error;
pub mod generate;
pub mod head;
pub mod linear;
pub mod lora;
pub mod loss;
pub mod mat;
pub mod mlp;
pub mod model;
pub mod net;
pub mod norm;
pub mod observe;
pub mod one_head;
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
pub mod thin;
pub mod trained;
pub mod trainer;
pub mod turn;
pub mod vector;
pub mod weight;

/// The vectors with which matrices are multiplied on this machine: part of what decides the bytes of a
/// result.
pub fn instruction_set() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            return "AVX-512";
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return "AVX2";
        }
        "portable"
    }
    #[cfg(target_arch = "aarch64")]
    return "NEON";
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    "portable"
}

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
