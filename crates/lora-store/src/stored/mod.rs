//! The runs that are finished, in a database inside the directory of a sweep.
//!
//! A run's key is a hash of everything that decides its result, so a sweep that goes on, or that
//! was changed, trains what is missing. Every batch is one transaction: whatever ends the process,
//! what was finished is there. The journal is SQLite's own, a file beside the database while a
//! transaction lasts: it needs no memory that processes share, as a write-ahead log would, and the
//! database at rest is one file that can be copied. One process at a time writes, which holds a
//! lock for as long; others may read.

mod batch;
pub mod blob;
mod database;
mod fault;
mod file;
mod finals;
mod key;
mod listed;
mod lock;
mod merge;
mod names;
mod numerics;
mod old_cells;
mod origins;
mod place;
mod runs;
mod schema;
mod session;

pub use database::{Database, StoredRun};
pub use finals::{FinalResult, StoredFinal};
pub use key::{Hash, RunSetting};
pub use listed::{Listed, SharedSetting};
pub use lock::holder;
pub use merge::refuse_conflicts;
pub use names::{FILE, LOCK};
pub use numerics::{Numerics, with_fault};
pub use old_cells::refuse_old_cells;
pub use runs::{StoredRuns, TrainedBatch};
pub use session::Session;
