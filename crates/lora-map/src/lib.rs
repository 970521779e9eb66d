//! Which of the choices that the paper leaves open make its synthetic figures come out as printed?
//!
//! - [`Sweep`] holds the runs of one setting, over a fixed grid of learning rates.
//! - [`Choice`] says how they are read: steps, loss, grid, and where the learning rate is chosen.
//! - [`findings`] judges what the paper's figures show.
//! - [`write()`] leaves the table and the figure of many sweeps under all choices.
//!
//! Nothing is trained, and the exponents that are printed come from `lora-theory`.

#![warn(clippy::missing_errors_doc)]

mod best;
mod choice;
mod error;
mod figure;
mod finding;
mod map;
mod row;
mod setting;
mod sweep;
mod write;

pub use choice::{Choice, Grid, LrAt, Metric, choices};
pub use error::MapError;
pub use finding::{Finding, Found, findings};
pub use map::Map;
pub use row::MapRow;
pub use sweep::{MapRun, Sweep};
pub use write::{KNOWN, write};
