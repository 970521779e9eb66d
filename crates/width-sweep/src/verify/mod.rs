//! `verify`: every claim measured and judged.
//!
//! Topic files (claims and studies as data) → cells → engine, through a cache of finished cells →
//! values by seed and width → fits and verdicts → table, page, files, figures.

mod alternatives;
mod cache;
mod cell;
mod claim;
mod command;
mod compare;
mod cost;
mod decode;
mod earlier;
mod engines;
pub(crate) mod escape;
mod fault;
mod figures;
mod files;
mod judge;
mod kept_plan;
pub(crate) mod kept_tables;
mod map;
mod measured;
mod page;
mod plan;
mod plan_change;
mod plan_page;
#[cfg(test)]
mod planted;
mod predicted;
mod rejudge;
mod sizes;
mod steeper;
mod study;
mod study_text;
mod suite;
pub(crate) mod table;
mod values;

pub(crate) use command::KNOWN;
pub use command::verify;
pub use suite::{TopicContents, check_topic, topic_contents};
