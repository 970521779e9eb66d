//! From values to verdicts, and what is written of them.

mod cells;
pub mod collapse;
pub mod collapse_figure;
pub mod compare;
pub mod distance;
pub mod distance_table;
pub mod escape;
pub mod figures;
pub mod files;
pub mod judge;
pub mod map;
pub mod names;
pub mod page;
pub mod plan_page;
pub mod rejudge;
pub mod rows;
pub mod run_summary;
pub mod steeper;
pub mod table;
pub mod tables;
pub mod tested;
pub mod values;

use lora_experiment::study::plan_file::PLAN;
use lora_store::folder::Known;

/// How a verification's directory is known.
pub const KNOWN: Known = Known { files: &[(PLAN, "\"claims\"")], alone: None, by: "verification" };
