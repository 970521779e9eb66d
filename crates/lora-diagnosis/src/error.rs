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
    /// A file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] FigureError),
}
