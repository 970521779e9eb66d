//! What a trained LoRA adapter says of its training.
//!
//! [`DiagnoseAnswer::to`] reads folders that PEFT saved. For each adapted module it has the sizes of both factors and
//! the singular values of s B A, compares the entries with the laws of a start, says which factor started at zero and
//! how far both have moved, and bounds the parts of the output in the paper's terms. [`Findings`] are its verdicts, each
//! with a reason and a limit. [`render`] puts the answer into words, and [`write()`] into a directory.
//!
//! Weights are read one batch of modules at a time, after the header and the config were compared.

#![warn(clippy::missing_errors_doc)]

mod adam;
mod adapter;
mod answer;
mod b_trained;
mod deltas;
#[cfg(test)]
mod drawn;
mod error;
mod factor;
mod figure;
mod findings;
mod law;
mod law_test;
mod left_out;
mod module;
mod movement;
mod normal;
mod numbers;
mod page;
mod place;
mod pooled;
mod reach;
mod sizes;
mod spectrum;
mod start;
pub mod stated;
mod stated_training;
mod table;
mod text;
mod training;
mod verdict;
mod write;

pub use adam::update_constant;
pub use adapter::{AdapterModules, LEVEL};
pub use answer::{AdapterDiagnosis, DiagnoseAnswer, DiagnoseRequest};
pub use deltas::{Deltas, LastStep};
pub use error::DiagnoseError;
pub use factor::Factor;
pub use figure::{TITLE, drawing};
pub use findings::Findings;
pub use law::LawKind;
pub use law_test::{LawTest, POWER};
pub use left_out::LeftOut;
pub use module::{ModuleDiagnosis, UnitOutput};
pub use movement::{Allowed, Estimated, Known, Movement};
pub use page::page;
pub use place::Place;
pub use pooled::{By, Pooled};
pub use reach::Reach;
pub use sizes::Sizes;
pub use spectrum::Spectrum;
pub use start::{InitLook, Start};
pub use text::render;
pub use training::{TooMuchDecay, TrainingAsked};
pub use verdict::{
    BVerdict, DeclaredVerdict, Finding, MovementVerdict, OutputVerdict, StatedVerdict,
    TrainedVerdict,
};
pub use write::{KNOWN, write};

/// The README's example, which is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
