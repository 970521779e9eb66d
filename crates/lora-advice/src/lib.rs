//! Answers for somebody with a model of their own: the theory's exponents for a setting, a learning rate
//! carried from one model to another, and both for a PEFT config. Nothing is trained.

pub mod advise;
pub mod numbers;
pub mod predict;
pub mod transfer;

/// The README's example, which is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
