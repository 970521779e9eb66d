//! The checks that an engine for transformers must pass. Each covers the families, targets, inits and
//! optimisers that matter for it, and panics with what differs.

mod bytes;
mod differences;
mod not_finite;
mod operations;
mod planted;
mod problem;
mod steps;
mod trained;
mod values;

pub use bytes::*;
pub use differences::*;
pub use not_finite::*;
pub use operations::*;
pub use planted::planted_errors_are_caught;
pub use problem::{Problem, TARGETS, Targets};
pub use steps::*;
pub use trained::*;
pub use values::*;

use ndarray::Array2;

/// The distance of an array from its exact values, as a share of their norm, or of `floor` if that is larger.
fn distance(ours: &Array2<f64>, exact: &Array2<f64>, floor: f64) -> f64 {
    assert_eq!(ours.shape(), exact.shape(), "shapes");
    super::difference::norm(&(ours - exact)) / super::difference::norm(exact).max(floor)
}

/// The bits of arrays, which unlike their values tell zeros apart by their signs.
fn bits<'a>(arrays: impl IntoIterator<Item = &'a Array2<f64>>) -> Vec<u64> {
    arrays.into_iter().flatten().map(|value| value.to_bits()).collect()
}
