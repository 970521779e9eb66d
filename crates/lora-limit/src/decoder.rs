//! B's side where B_0 makes Z_B: the random decoder that the run's own neurons are.
//!
//! ```text
//! F_i  = n^-1/2 Σ ω φ(pre_i)
//! V_ki = ∂F_i/∂U_ki = s n^-1/2 Σ ω φ'(pre_i) B_0k
//! ```
//!
//! with pre = h + s B_0·U where Z_B = Θ(1). Where Z_B outgrows h, relu gives √n s B_0·U back as a
//! factor and h drops out: pre = s B_0·U, and f⁰ → 0. At U = 0, before A has moved, h does not drop out
//! of V: there φ' is taken at h, and F = 0.

use lora_sim::spec::{Activation, Model};
use ndarray::Array2;

use crate::reading::{Reading, read_sums};
use crate::rows::{activate, add_scaled, add_squares, combine, row, set, slopes, sum_over_neurons};
use crate::start::Neurons;

/// The run's neurons with what decides how they read Z_A.
pub(crate) struct Decoder<'a> {
    neurons: &'a Neurons,
    phi: Activation,
    multiplier: f64,
    homogeneous: bool,
}

impl<'a> Decoder<'a> {
    pub fn new(neurons: &'a Neurons, model: &Model, homogeneous: bool) -> Self {
        Self { neurons, phi: model.activation, multiplier: model.multiplier, homogeneous }
    }

    /// Reads U into the output; `moved` tells whether A has moved.
    pub fn read(&self, u: &Array2<f64>, moved: bool) -> Reading {
        let Neurons { h, omega, b } = self.neurons;
        let (points, rank, count) = (u.ncols(), u.nrows(), omega.len());
        let without_h = self.homogeneous && moved;
        let sums = sum_over_neurons(count, points * (rank + 2), |neuron, scratch, sum| {
            let (f, rest) = sum.split_at_mut(points);
            let (v, z_b) = rest.split_at_mut(points * rank);
            let (b, weight) = (row(b, neuron), omega[neuron] / (count as f64).sqrt());
            let scaled = b.iter().map(|b| self.multiplier * b);
            let features = combine(&mut scratch.second, scaled, u, points);
            add_squares(z_b, 1.0 / count as f64, features);
            let pre = set(&mut scratch.first, features);
            if !without_h {
                add_scaled(pre, 1.0, row(h, neuron));
            }
            let slope = set(&mut scratch.third, pre);
            slopes(self.phi, slope);
            for (v, b) in v.chunks_mut(points).zip(b) {
                add_scaled(v, weight * b, slope);
            }
            if !self.homogeneous || moved {
                activate(self.phi, pre);
                add_scaled(f, weight, pre);
            }
        });
        read_sums(sums, rank, points, self.multiplier)
    }
}
