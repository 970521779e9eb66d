//! What can go wrong with a diagnosis.

use std::path::PathBuf;

use lora_checkpoint::CheckpointError;
use lora_figures::FigureError;
use lora_store::error::StoreError;

/// An error of this crate. Its text says what is wrong; what to type is said at the command line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiagnoseError {
    /// A folder holds no adapter that can be diagnosed.
    #[error(transparent)]
    Adapter(#[from] CheckpointError),
    /// A folder is there twice.
    #[error("{}: is named twice; valid is each folder once", .0.display())]
    Twice(PathBuf),
    /// Asked to stop.
    #[error("{}: stopped after {done} of {of} modules", dir.display())]
    Stopped {
        /// The folder that was being read.
        dir: PathBuf,
        /// Modules of it that were diagnosed.
        done: usize,
        /// Modules that it has.
        of: usize,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of an earlier diagnosis does not hold what it should.
    #[error("{}: {fault}", path.display())]
    Spoilt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// The figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] FigureError),
}
