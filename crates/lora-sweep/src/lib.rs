//! An experiment carried out in a folder: what is not kept there is trained, then all of it is written,
//! summarised and drawn. [`Caller`] says what is shown and what stops it, so that the command line and the
//! Python package do the same.

#![warn(clippy::missing_errors_doc)]

mod caller;
mod conclude;
mod error;
mod experiment;
mod final_words;
mod limit;
mod training;

pub use caller::{Caller, CommandLine, Stop};
pub use conclude::{Concluded, conclude};
pub use error::SweepError;
pub use experiment::{ExperimentCall, Finished, place};
pub use final_words::final_words;
pub use limit::{LimitState, limit_question, limit_state, solve_limit};
pub use training::{Measured, TrainingCall, kept_line, with_gap};
