//! Learning-rate constants from the limit n → ∞: the c in η = c n^γ.
//!
//! The calculus of `lora-theory` gives γ, and `lora-limit` solves the training at η = c n^γ as a function
//! of c alone. This crate searches c as a sweep searches η, with the rules of `lora-stats`:
//!
//! - [`Question`] says what is asked of an experiment; [`solve`] answers it as an [`Answer`];
//! - [`render`] puts an answer into words, and [`write()`] into files and figures;
//! - [`Cost`] says beforehand what memory and time an answer takes;
//! - [`compare`] puts constants beside those that runs of finite width have measured.
//!
//! Nothing that is measured of a finite network enters an answer. Answers are the same bytes at any number
//! of threads.

#![warn(clippy::missing_errors_doc)]

mod answer;
mod bound;
mod compare;
mod constants;
mod cost;
mod digits;
mod error;
mod figure;
mod files;
mod over_seeds;
mod pair;
mod question;
mod run;
mod search;
mod student;
mod text;

pub use answer::{
    Answer, BasinOver, Constants, InitAnswer, LossOver, LossPair, LowerLoss, ReadoutAnswer,
    SeedConstants, Side,
};
pub use bound::Bound;
pub use compare::{Compared, compare, runs_of};
pub use constants::{Watch, solve};
pub use cost::Cost;
pub use error::ConstantsError;
pub use files::{KNOWN, LimitRow, write};
pub use question::{Choices, Question};
pub use run::LimitRun;
pub use search::{Curve, search};
pub use text::render;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
