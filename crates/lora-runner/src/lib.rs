//! Trains what a plan asks for: engine choice, memory, the search loop, interrupts, progress.

pub mod adapter_export;
pub mod bench;
pub mod cell_export;
pub mod cost;
pub mod engine;
pub mod engines;
pub mod error;
pub mod fake_engine;
pub mod faulty;
pub mod finals;
pub mod finetune;
pub mod interrupt;
pub mod limits;
pub mod memory;
pub mod merge;
pub mod meter;
mod open;
pub mod progress;
pub mod rebuild;
pub mod replay;
pub mod search;
pub mod states;
pub mod status;
pub mod sweep;
pub mod threads;
pub mod watch;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
