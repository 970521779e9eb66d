//! Pieces of an answer in words.

use super::choices::CarriedLr;

/// The goal's LR.
pub fn words(goal: CarriedLr) -> &'static str {
    match goal {
        CarriedLr::Optimal => "best LR",
        CarriedLr::Stable => "largest stable LR",
    }
}

/// A size as it was given, in as few characters as it takes.
pub fn shown(size: f64) -> String {
    if (1e-3..1e10).contains(&size) { format!("{size}") } else { format!("{size:e}") }
}
