//! What B's side tells A's side.

use ndarray::{Array1, Array2};

/// The output at one U, and how it changes with U.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// f on all points, without the frozen output of a mean field, P.
    pub f: Array1<f64>,
    /// V = ∂f/∂U, r × P.
    pub v: Array2<f64>,
    /// Mean over neurons of Z_B², P.
    pub z_b_squared: Array1<f64>,
}

/// Sums over neurons, one row each of f, of the r of V/s, and of Z_B².
pub(crate) fn read_sums(sums: Vec<f64>, rank: usize, points: usize, multiplier: f64) -> Reading {
    let part = |from: usize, to: usize| sums[from * points..to * points].to_vec();
    let v = Array2::from_shape_vec((rank, points), part(1, rank + 1)).expect("r × P sums");
    Reading {
        f: Array1::from(part(0, 1)),
        v: v * multiplier,
        z_b_squared: Array1::from(part(rank + 1, rank + 2)),
    }
}
