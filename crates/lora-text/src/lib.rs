//! Text for transformers: tokenizers, data sets, prompts and labels.
//!
//! [`Tokenizer::open`] takes the folder or the GGUF file that `lora_checkpoint::Checkpoint::open` takes.
//! [`Tokenizer::train`] makes a tokenizer from a text, such as [`bundled_text`].
//! [`data`] reads the tables of GLUE, WikiText, GSM8K and MMLU as they are published, and prompts with answers
//! by templates.

#![warn(clippy::missing_errors_doc)]

mod bundled;
pub mod data;
mod error;
mod gguf;
mod pieces;
mod pretokens;
mod special;
mod tokenizer;
mod train;

pub use bundled::bundled_text;
pub use error::TextError;
pub use special::SpecialIds;
pub use tokenizer::Tokenizer;
pub use train::END_OF_TEXT;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
