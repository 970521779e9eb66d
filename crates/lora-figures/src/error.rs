//! What can go wrong while a figure is written.

use std::path::PathBuf;

/// A figure could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// The bundled font was refused by the drawing library.
    #[error("the bundled font {0} cannot be read")]
    Font(&'static str),
    /// The asked size is empty or too large to draw.
    #[error("{path}: a picture of {width} × {height} pixels cannot be drawn")]
    Size {
        /// File that was to be written.
        path: PathBuf,
        /// Pixels across, oversampling included.
        width: u64,
        /// Pixels down, oversampling included.
        height: u64,
    },
    /// The drawing library failed.
    #[error("{path}: drawing failed: {message}")]
    Draw {
        /// File that was to be written.
        path: PathBuf,
        /// The drawing library's own words.
        message: String,
    },
    /// A table of drawn values could not be written or read.
    #[error("{path}: {source}")]
    Table {
        /// The table.
        path: PathBuf,
        /// Cause.
        source: csv::Error,
    },
    /// A file could not be written.
    #[error("{path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
}

/// Pixels could not be encoded as a PNG.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// There are not three bytes for each pixel.
    #[error("{bytes} bytes are not a picture of {width} × {height} pixels of three bytes each")]
    Size {
        /// Bytes given.
        bytes: usize,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The encoder failed.
    #[error("encoding the PNG failed: {0}")]
    Encoder(#[from] image::ImageError),
}
