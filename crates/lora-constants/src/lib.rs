//! Learning-rate constants from the limit n → ∞: the c in η = c n^γ.
//!
//! The calculus of `lora-theory` gives γ, and `lora-limit` solves the training at η = c n^γ as a function
//! of c alone. This crate searches c as a sweep searches η, with the rules of `lora-stats`:
//!
//! - [`Question`] says what is asked of an experiment; [`solve`] answers it as an [`Answer`];
//! - [`render`] puts an answer into words, and [`write()`] into files and figures;
//! - [`Solved`] reads an answer back, or the one that comes with the program, and gives the learning rates
//!   themselves at a width, as [`LimitRates`];
//! - [`question_of`] asks what an experiment with the width `"inf"` asks, [`KeptLimits`] keeps what is solved of it, and
//!   [`LimitSummary`] is what follows, with rows for its figures;
//! - [`Cost`] says beforehand what memory and time an answer takes;
//! - [`compare`] puts constants beside those that runs of finite width have measured.
//!
//! Nothing that is measured of a finite network enters an answer. Answers are the same bytes at any number
//! of threads.

#![warn(clippy::missing_errors_doc)]

mod answer;
mod beside;
mod beside_figure;
mod bound;
mod compare;
mod constants;
mod cost;
mod digits;
mod error;
mod figure;
mod files;
mod kept;
mod key;
mod over_seeds;
mod pair;
mod question;
mod rates;
mod rates_text;
mod run;
mod search;
mod seed;
mod setting;
mod solved;
mod student;
mod text;
mod watch;

pub use answer::{
    Answer, BasinOver, Constants, InitAnswer, LossOver, LossPair, LowerLoss, ReadoutAnswer,
    SeedConstants, Side,
};
pub use beside::{FeatureLimit, InitLimit, LimitSummary, question_of, summary_of};
pub use beside_figure::{against_c, asymptotes, losses};
pub use bound::Bound;
pub use compare::{Compared, compare, runs_of};
pub use constants::{Curves, solve, solve_with};
pub use cost::Cost;
pub use digits::digits;
pub use error::ConstantsError;
pub use figure::drawings;
pub use files::{KNOWN, LimitRow, write};
pub use kept::{Keep, KeptLimits, Place};
pub use question::{Choices, Question};
pub use rates::{BesideLimit, LimitRate, LimitRates, SolvedNetwork};
pub use run::LimitRun;
pub use search::{Curve, search};
pub use solved::Solved;
pub use text::{render, wrapped};
pub use watch::Watch;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
