//! Studies and claims: what is measured, what is predicted of it, and how it is judged.

pub mod alternatives;
pub mod claim;
pub mod decode;
pub mod definition;
pub mod fault;
pub mod kept_plan;
pub mod pairing;
pub mod plan;
pub mod plan_change;
pub mod predicted;
pub mod predictions;
pub mod sizes;
pub mod suite;
pub mod text;
pub mod words;
