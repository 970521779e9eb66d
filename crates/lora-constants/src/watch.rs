//! Who watches while limits are solved.

/// What stops the solver, and what is told of it.
pub struct Watch<'a> {
    /// Whether to stop; asked before every run.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// Told after every run how many are done.
    pub done: &'a (dyn Fn(usize) + Sync),
}
