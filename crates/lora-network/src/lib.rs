//! The synthetic network with ingredients of a transformer, trained by plain array formulas.
//!
//! The student is f(X) = W_out v with W_out [K × n]. Its readout reads v = u or, with RMSNorm, v = u / rms(u),
//! where u = φ(H + Z_B) or, with a residual stream, u = Z + φ(H + Z_B), and Z_B = s B A Z. Z, H and W_out are
//! those of the bare layer in `lora-sim`, and fixed. A [r × n] and B [n × r] train on squared error or on
//! cross-entropy, with the gradient of all samples or of a minibatch.
//!
//! With L layers Y_l = Y_(l−1) + (W_l + s B_l A_l) φ(Y_(l−1)) for l = 1 … L, where Y_0 = W_in X. L = 1 is the bare layer:
//! Z = φ(Y_0), H = Y_0 + W_1 Z and u = φ(Y_1). With a residual stream u = φ(Y_(L−1)) + φ(Y_L). W_l has entries N(0, 1/n), or none
//! where `hidden` is zero. A and B of all layers lie in one matrix each, of L r rows of A, and of Bᵀ. Norms of features are
//! roots of mean squares over the layers.
//!
//! With `pretrain_steps` the base is trained before it is frozen, on samples and a teacher of its own.
//!
//! Sizes: n neurons, N training samples, K outputs, rank r. A step costs O(n N (L r + K) + (L − 1) n² N), and a step
//! of the base O(L n² N).

#![warn(clippy::missing_errors_doc)]

mod engine;
mod factors;
mod minibatch;
mod network;
mod norm;
mod norms;
mod pass;
mod pretrain;
mod run;
mod samples;
mod target;

pub use engine::{NUMERICS, NetworkEngine};
pub use factors::of_all_layers;
pub use minibatch::minibatch;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
