//! A's side: α(z) and the features U = E[α(z) z].
//!
//! A = A_0 + n^γ α, so that A Z = u⁰ + n^(γ+1) U. The gradient gA_k(z) = Σ_i e_i V_ki z_i runs over
//! the training points; V = ∂f/∂U comes from B's side.

use ndarray::Array2;

use crate::rows::{add_scaled, change_and_sum, dot, row};
use crate::rule::{Entry, Rule};

/// α on a population of neurons.
pub(crate) struct Inner<'a> {
    z: &'a Array2<f64>,
    entries: Vec<Entry>,
    rank: usize,
    /// U, r × P.
    pub u: Array2<f64>,
    /// Whether any α has moved: U is exactly zero before.
    pub moved: bool,
}

impl<'a> Inner<'a> {
    pub fn new(z: &'a Array2<f64>, rank: usize) -> Self {
        let u = Array2::zeros((rank, z.ncols()));
        Self { z, entries: vec![Entry::default(); z.nrows() * rank], rank, u, moved: false }
    }

    /// α ← α − rate · direction(gA), given e_i V_ki on the training points, r × N.
    pub fn learn(&mut self, weighted: &Array2<f64>, rule: Rule, rate: f64) {
        let (z, train, rank, points) = (self.z, weighted.ncols(), self.rank, self.z.ncols());
        let scale = 1.0 / z.nrows() as f64;
        // A neuron's z is read once, for its gradient and for its share of U.
        let sums =
            change_and_sum(&mut self.entries, rank, rank * points, |neuron, entries, sum| {
                let z = row(z, neuron);
                for (k, (entry, sum)) in entries.iter_mut().zip(sum.chunks_mut(points)).enumerate()
                {
                    entry.step(rule, rate, dot(row(weighted, k), &z[..train]));
                    add_scaled(sum, scale * entry.value, z);
                }
            });
        self.moved = self.moved || self.entries.iter().any(|entry| entry.value != 0.0);
        self.u = Array2::from_shape_vec((rank, points), sums).expect("r × P sums");
    }
}
