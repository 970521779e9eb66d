//! Which modules of a base model a PEFT config adapts, and how.
//!
//! [`PeftConfig`] is `adapter_config.json` as PEFT 0.21 reads it, and [`BaseModel`] is what the
//! `config.json` of transformers 5.24 says of a model's modules. No weights are read. [`adapted`] puts the
//! two together as PEFT does: every [`AdaptedModule`] has its fan-in, its fan-out, the rank r, the
//! multiplier s (PEFT's `scaling`) and the standard deviations of the initial factors. [`kinds`] groups
//! modules that differ in their layer alone. [`TrainedConfig`] is asked for r and s of a trained adapter's modules.
//!
//! What PEFT would refuse, and what the files leave open, is refused with the file, the key, its value
//! and what is valid.

#![warn(clippy::missing_errors_doc)]

mod base;
mod config;
mod head;
mod kinds;
mod module;
mod pattern;
mod select;
mod start;
mod trained;
mod whole;

pub use base::BaseModel;
pub use config::{Names, PeftConfig, Targets};
pub use head::Head;
pub use kinds::{AdaptedKind, kinds};
pub use module::{Class, Module, Role};
pub use select::{AdaptedModule, adapted, unmatched};
pub use start::{Start, Stds};
pub use trained::{Multiplier, TrainedConfig};
pub use whole::trained_whole;

/// The README's example, which is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
