//! Sizes of a factor's entries.

use serde::Serialize;

/// Sizes of the entries of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sizes {
    /// How many there are.
    pub entries: usize,
    /// The Frobenius norm.
    pub frobenius: f64,
    /// The root of the mean square.
    pub rms: f64,
    /// The mean of the absolute values.
    pub mean_abs: f64,
    /// The largest absolute value.
    pub largest: f64,
}

impl Sizes {
    /// Those of some entries, of which there is at least one.
    pub(crate) fn of(entries: &[f32]) -> Self {
        let count = entries.len();
        let sum = |of: fn(f64) -> f64| entries.iter().map(|x| of(f64::from(*x))).sum::<f64>();
        let square = sum(|x| x * x);
        Self {
            entries: count,
            frobenius: square.sqrt(),
            rms: (square / count as f64).sqrt(),
            mean_abs: sum(f64::abs) / count as f64,
            largest: entries.iter().map(|x| f64::from(x.abs())).fold(0.0, f64::max),
        }
    }

    /// Whether every entry is exactly zero.
    pub fn is_zero(&self) -> bool {
        self.largest == 0.0
    }
}
