//! Memory for the figures, which are drawn when all is trained.

use std::path::Path;

use crate::error::RunnerError;
use crate::limits::tightest;
use crate::memory::{Free, ShortMemory};
use lora_store::manifest::memory_available;

/// Bytes for drawing a picture: the tallest of a run's figures, 2000 by 1500 pixels, is drawn three times
/// as fine, in three bytes a pixel, and then copied.
pub const PICTURE: f64 = 128.0 * (1 << 20) as f64;

/// Whether pictures can be drawn that take so much memory. Asked at the beginning of a call: a sweep must
/// not end without its figures.
///
/// # Errors
///
/// [`RunnerError::NoMemoryToDraw`] if they cannot.
pub fn check_drawing(needs: f64) -> Result<(), RunnerError> {
    let Free { host, limit, .. } = Free::of(memory_available(), tightest(Path::new("/")), None);
    let Some(free) = host.filter(|&free| needs > free) else { return Ok(()) };
    Err(RunnerError::NoMemoryToDraw(ShortMemory { device: None, limit, needs, free }))
}
