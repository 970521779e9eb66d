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
pub mod run_summary;
pub mod steeper;
pub mod table;
pub mod values;

use lora_experiment::study::plan_file::PLAN;
use lora_store::folder::Known;

/// How a verification's directory is known.
pub const KNOWN: Known = Known { files: &[(PLAN, "\"claims\"")], alone: None, by: "verification" };
