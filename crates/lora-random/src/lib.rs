//! Random numbers addressed by (seed, width, purpose, row, column).
//!
//! - [`philox`]: the counter-based generator, and the [`Purpose`](philox::Purpose)s that keep uses apart;
//! - [`normal`]: standard normals made of its words.

pub mod normal;
pub mod philox;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
