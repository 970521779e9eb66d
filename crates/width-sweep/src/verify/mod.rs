//! `verify`: every claim measured and judged.

mod command;
mod results;

pub use command::{check, conclude_merged, verify};
