//! Studies and claims: what is measured, what is predicted of it, and how it is judged.

pub mod alternatives;
mod approach;
pub mod cell;
pub mod claim;
mod decode;
pub mod definition;
pub mod fault;
pub mod feature;
pub mod limit;
mod limit_check;
pub mod pairing;
pub mod plan;
pub mod plan_change;
pub mod plan_entry;
pub mod plan_file;
pub mod predicted;
pub mod predictions;
pub mod sizes;
pub mod suite;
pub mod test;
mod text;
mod tolerance;
pub mod words;
