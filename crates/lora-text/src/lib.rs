//! Text for transformers: tokenizers, data sets, prompts and labels.
//!
//! [`Tokenizer::open`] takes the folder or the GGUF file that `lora_checkpoint::Checkpoint::open` takes.
//! [`data`] reads SST-2, WikiText and GSM8K as they are published.

#![warn(clippy::missing_errors_doc)]

pub mod data;
mod error;
mod gguf;
mod pieces;
mod pretokens;
mod special;
mod tokenizer;

pub use error::TextError;
pub use special::SpecialIds;
pub use tokenizer::Tokenizer;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
