//! Why runs cannot be set side by side.

use std::path::PathBuf;

use lora_figures::FigureError;
use lora_stats::StatsError;
use lora_store::error::StoreError;
use lora_theory::TheoryError;

/// Why there are no laws.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LawsError {
    /// A directory is not that of a finished run, or the disk refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A run says nothing of how something goes with the width.
    #[error("{}: has the width {width} alone, but must have two or more", dir.display())]
    OneWidth {
        /// The directory.
        dir: PathBuf,
        /// n.
        width: usize,
    },
    /// A directory is named twice.
    #[error("{}: is named twice", .0.display())]
    Twice(PathBuf),
    /// A grid of learning rates cannot be built.
    #[error("{}: {source}", dir.display())]
    Grid {
        /// The directory.
        dir: PathBuf,
        /// Why.
        source: StatsError,
    },
    /// The calculus fails on a setting that a run has.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// The figure cannot be written.
    #[error(transparent)]
    Figure(#[from] FigureError),
}
