//! An entry of a plan.

/// An entry of a plan: a claim or a study, with its `id`.
pub type Entry = serde_json::Map<String, serde_json::Value>;
