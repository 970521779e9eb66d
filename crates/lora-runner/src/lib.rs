//! Trains what a plan asks for: engine choice, memory, the search loop, interrupts, progress.

pub mod engine;
pub mod fake_engine;
pub mod interrupt;
pub mod limits;
pub mod memory;
pub mod progress;
pub mod replay;
pub mod search;
pub mod sweep;
pub mod verify;
