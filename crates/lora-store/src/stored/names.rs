//! The names of what a sweep's directory keeps its runs in.

/// The database of finished runs.
pub const FILE: &str = "runs.sqlite";

/// The file that is locked. It stays: the lock goes with the process, however that ends, and who
/// removed the file could take it from under another.
pub const LOCK: &str = ".runs.lock";
