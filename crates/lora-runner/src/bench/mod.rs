//! How fast an engine trains on this machine: one student and a batch of runs on it.

mod engine;
mod measure;
mod sizes;

pub use engine::{BatchShortage, TrainedOn, choose, instruction_set, isa_key};
pub use measure::{Timings, measure};
pub use sizes::BatchSizes;
