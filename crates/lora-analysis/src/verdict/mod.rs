//! From values to verdicts, and what is written of them.

pub mod compare;
pub mod escape;
pub mod figures;
pub mod files;
pub mod judge;
pub mod kept_tables;
pub mod map;
pub mod page;
pub mod plan_page;
#[cfg(test)]
mod planted;
pub mod rejudge;
pub mod steeper;
pub mod table;
pub mod values;
