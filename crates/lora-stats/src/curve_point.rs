//! One point of a curve over learning rates.

use serde::{Deserialize, Serialize};

/// One sampled learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Index on the grid.
    pub index: i64,
    /// Learning rate.
    pub lr: f64,
    /// Loss; `None`: diverged.
    pub score: Option<f64>,
    /// Largest rms of Z_B in training; `None`: beyond every bound.
    pub peak: Option<f64>,
}
