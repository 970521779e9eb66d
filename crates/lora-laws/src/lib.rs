#![doc = include_str!("../README.md")]
#![warn(clippy::missing_errors_doc)]

mod arm;
mod error;
mod figure;
mod fitted;
mod glance;
mod law;
mod predicted;
mod quantity;
mod readout;
mod row;
mod run;
mod span;
mod stability;
mod write;

pub use arm::Arm;
pub use error::LawsError;
pub use law::{Law, laws};
pub use predicted::predicted;
pub use quantity::LawQuantity;
pub use row::LawRow;
pub use run::MeasuredRun;
pub use span::{Span, compared};
pub use write::{KNOWN, write};
