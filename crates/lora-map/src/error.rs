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
    /// A directory lacks the runs of a cell that the others imply.
    #[error("{}: has no runs of init {init}, n = {width}, seed {seed}: the sweep has not ended, or an earlier one had other widths or seeds", dir.display())]
    Unfinished {
        /// The directory.
        dir: PathBuf,
        /// The init.
        init: lora_types::Init,
        /// n.
        width: usize,
        /// The seed.
        seed: u64,
    },
    /// Two directories hold the same setting.
    #[error("{} and {}: hold the same setting, so name one of them", one.display(), other.display())]
    Twice {
        /// A directory.
        one: PathBuf,
        /// The other one.
        other: PathBuf,
    },
    /// Two runs have different learning rates in different cells.
    #[error("{}: init {init}, n = {width}, seed {seed} was trained at other learning rates than the rest: let the sweep end, and train on a fixed grid, with search.max_extensions = 0 and bracket_factor = coarse_factor", dir.display())]
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
