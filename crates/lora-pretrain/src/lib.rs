//! Models that are pretrained here: Llamas of any width, made from a [`Recipe`] and a text.
//!
//! [`pretrain`] trains all weights and goes on where it was stopped; [`write_folder`] leaves a folder that
//! transformers loads. The same recipe and text give the same bytes at any number of threads, on processors
//! with the same vector instructions.

#![warn(clippy::missing_errors_doc)]

mod corpus;
mod folder;
mod parametrisation;
mod recipe;
mod run;
mod saved;

pub use corpus::{Corpus, TokenizerFiles};
pub use folder::{RECIPE, held_out_loss, write_folder};
pub use parametrisation::Parametrisation;
pub use recipe::{NUMERICS, Recipe};
pub use run::{Outcome, Pretrained, Progress, Saving, pretrain};

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
