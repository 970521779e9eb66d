//! A batch that does not fit into memory.

use std::fmt::{self, Display, Formatter};

use crate::bench::sizes::BatchSizes;
use crate::memory::{ShortMemory, size};

/// Sizes that do not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchShortage {
    /// The sizes.
    pub sizes: BatchSizes,
    /// The memory that is short.
    pub short: ShortMemory,
}

impl Display for BatchShortage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (BatchSizes { width, points, lrs, .. }, short) = (self.sizes, &self.short);
        let (needs, kind, has) = (size(short.needs), short.kind(), short.has());
        write!(f, "width {width} with {points} points and {lrs} LRs needs {needs} of {kind} ")?;
        write!(f, "and {has}")
    }
}
