//! The data that an experiment with a transformer names, as sequences of tokens; and what its final test asks.
//!
//! [`Data::read`] reads and cuts all of it before anything is trained. [`FinalTest::measure`] asks a trained
//! model what [`FinalTask`](lora_experiment::experiment::transformer::FinalTask) says: predictions, answers that
//! it writes, or the letters of choices.

#![warn(clippy::missing_errors_doc)]

mod answers;
mod base;
mod cuts;
mod data;
mod digest;
mod error;
mod final_test;
mod letters;
mod measured;
mod pairs;
mod read;
mod tables;

pub use base::Base;
pub use data::Data;
pub use digest::short;
pub use error::DataError;
pub use final_test::{Asked, FinalTest, Held};
pub use measured::Measured;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
