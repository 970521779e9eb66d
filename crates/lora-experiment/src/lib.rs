//! What is asked: experiment files, studies and claims, their predictions, and the plan of cells.

pub mod cells;
pub mod error;
pub mod experiment;
pub mod nearest;
pub mod numbers;
pub mod prediction;
pub mod request;
pub mod shard;
pub mod study;
pub mod warnings;

/// The README's example, which is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
