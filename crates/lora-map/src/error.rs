//! Why there is no map.

use std::path::PathBuf;

use lora_figures::FigureError;
use lora_stats::StatsError;
use lora_store::error::StoreError;
use lora_theory::TheoryError;

/// Why a map cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// A database cannot be read, or the map not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A directory's runs have several settings.
    #[error("{}: has runs of {settings} settings, but must hold those of one: use a directory of its own for each", dir.display())]
    Mixed {
        /// The directory.
        dir: PathBuf,
        /// How many settings there are.
        settings: usize,
    },
    /// A directory's runs are not of the synthetic network.
    #[error("{}: has runs of a transformer, but must hold those of the synthetic network", dir.display())]
    NotSynthetic {
        /// The directory.
        dir: PathBuf,
    },
    /// A directory lacks one of the two inits.
    #[error("{}: must have runs of Init[A] and of Init[B]", dir.display())]
    OneInit {
        /// The directory.
        dir: PathBuf,
    },
    /// Two runs have different learning rates in different cells.
    #[error("{}: init {init}, n = {width}, seed {seed} was trained at other learning rates than the rest: train on a fixed grid, with search.max_extensions = 0 and bracket_factor = coarse_factor", dir.display())]
    Grid {
        /// The directory.
        dir: PathBuf,
        /// The init.
        init: lora_types::Init,
        /// n.
        width: usize,
        /// The seed.
        seed: u64,
    },
    /// The theory does not know the setting.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// A learning rate is no positive number.
    #[error(transparent)]
    Stats(#[from] StatsError),
    /// The figure cannot be written.
    #[error(transparent)]
    Figure(#[from] FigureError),
}
