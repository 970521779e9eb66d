//! Transformers with LoRA in f64, formula by formula: forward and backward as Hugging Face computes them
//! in evaluation mode.
//!
//! A matrix of features has one row for each token, so a linear module reads Y = X Wᵀ + 1 bᵀ. In the
//! formulas of a backward pass, G is ∂loss/∂(output) of the operation at hand. Each file holds one
//! operation, its forward pass beside its backward pass:
//!
//! | file | holds |
//! |---|---|
//! | `linear` | W x + b + s B A x |
//! | `embedding` | E\[t\] + s (B A)\[:, t\] |
//! | `norm` | LayerNorm and RMSNorm |
//! | `activation` | φ and φ' |
//! | `rotary` | rotary positions |
//! | `attention` | softmax(Q Kᵀ/√d) V over heads |
//! | `self_attention` | the linear modules around it |
//! | `mlp` | the plain and the gated MLP |
//! | `encoder` | BERT, RoBERTa and DistilBERT |
//! | `decoder` | Llama and Qwen2 |
//! | `head` | logits of tokens and of labels |
//! | `cross_entropy` | the loss |
//! | `model` | all of it: logits, loss and gradients |
//!
//! [`suite`] checks an [`engine`] against it, and
//! [`transformer_conformance!`](crate::transformer_conformance) turns the whole suite into tests.
//!
//! [`cases`] has tiny models of every family, [`random`] their weights, and [`difference`] what a test of
//! gradients needs:
//!
//! ```
//! use lora_conformance::transformer::{cases, gradients, random_adapters, random_weights};
//!
//! for case in cases::all() {
//!     let weights = random_weights(&case.config, 1);
//!     let adapters = random_adapters(&case.config, 4, 2.0, 1);
//!     let batch = cases::batch(&case);
//!     let got = gradients(&case.config, &weights, &adapters, case.head, &batch);
//!     println!("{}: loss {}, ∂loss/∂B {}", case.name, got.loss, got.adapters[0].1);
//! }
//! ```
//!
//! The module is for tests: weights that do not fit the configuration make it panic with their name.

mod activation;
mod attention;
pub mod cases;
mod cross_entropy;
mod decoder;
pub mod difference;
mod embedding;
mod encoder;
pub mod engine;
mod head;
mod inputs;
mod linear;
mod mlp;
mod model;
mod names;
mod norm;
mod parameters;
pub mod random;
mod rotary;
mod self_attention;
mod stamp;
pub mod suite;
mod tensors;

pub use inputs::{Adapter, Gradients, Head, Pooling, Sequence, Target, Weights};
pub use model::{gradients, hidden, logits, loss};
pub use random::{random_adapters, random_weights};
