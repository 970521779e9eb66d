//! One problem of a study.

/// One problem of a study: a width, a rank and a seed. All inits and learning rates of it share one
/// frozen student.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The study's place in the plan.
    pub study: usize,
    /// n.
    pub width: usize,
    /// r.
    pub rank: usize,
    /// Seed of everything in the cell.
    pub seed: u64,
}
