//! How fast an engine trains on this machine: one student and a batch of runs on it.

mod engine;
mod measure;
mod report;
mod shortage;
mod sizes;

pub use engine::{TrainedOn, choose, instruction_set, isa_key};
pub use measure::{Timings, measure};
pub use report::{BatchReport, OfPeak};
pub use shortage::BatchShortage;
pub use sizes::BatchSizes;
