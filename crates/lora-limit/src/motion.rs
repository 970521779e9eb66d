//! B's own motion beside a decoder whose Z_B outgrows h: β(B_0, sgn ω), with B = B_0 + n^γ β.
//!
//! β is odd in ω, so that one sign is enough, and h has no part in it:
//!
//! ```text
//! gB_k(B_0, +) = Σ_i e_i φ'(B_0·U_i) U_ki
//! P_ki = √(2/π) E[φ'(B_0·U_i) β_k]               adds s Σ_k P_ki U_ki to f_i
//! D_ki = √(2/π) E[B_0k (β·Û_i) δ(B_0·Û_i)]        Û_i = U_i/|U_i|
//! V_ki gains s (P_ki + D_ki)
//! ```
//!
//! D is how P's own mask moves with U: the shift n^-1/2 β·U carries √n neurons over relu's kink. It
//! satisfies Σ_k D_ki U_ki = 0. The Dirac δ is smoothed over a small part of the spread of B_0·Û,
//! and what the smoothing leaves of D along U is taken off.

use std::f64::consts::FRAC_2_PI;

use lora_sim::spec::Model;
use ndarray::{Array1, Array2};

use crate::reading::Reading;
use crate::rows::{add_scaled, combine, dot, for_each_neuron, row, slopes, sum_over_neurons};
use crate::rule::{Entry, Rule};

/// The standard deviation of the smoothed δ over that of B_0·Û.
const SMOOTHING: f64 = 0.08;

/// β on a population of rows of B_0.
pub(crate) struct Motion<'a> {
    b: &'a Array2<f64>,
    entries: Vec<Entry>,
    model: &'a Model,
    train: usize,
    /// Whether V has the kink term; without it for tests alone.
    kink: bool,
}

impl<'a> Motion<'a> {
    pub fn new(b: &'a Array2<f64>, model: &'a Model, train: usize, kink: bool) -> Self {
        Self { b, entries: vec![Entry::default(); b.len()], model, train, kink }
    }

    /// Adds the motion's share to what the decoder reads at U.
    pub fn add_to(&self, reading: &mut Reading, u: &Array2<f64>) {
        let s = self.model.multiplier;
        let p = self.alignment(u);
        reading.f += &((&p * u).sum_axis(ndarray::Axis(0)) * s);
        reading.v += &(p * s);
        if self.kink {
            reading.v += &(self.kink(u) * s);
        }
    }

    /// P, r × P.
    fn alignment(&self, u: &Array2<f64>) -> Array2<f64> {
        let (rank, points) = u.dim();
        let weight = FRAC_2_PI.sqrt() / self.b.nrows() as f64;
        let sums = sum_over_neurons(self.b.nrows(), rank * points, |neuron, scratch, sum| {
            let b = row(self.b, neuron).iter().copied();
            let mask = combine(&mut scratch.first, b, u, points);
            slopes(self.model.activation, mask);
            for (k, sum) in sum.chunks_mut(points).enumerate() {
                let beta = self.entries[neuron * rank + k].value;
                add_scaled(sum, weight * beta, mask);
            }
        });
        Array2::from_shape_vec((rank, points), sums).expect("r × P sums")
    }

    /// D on the training points, zero on the others.
    fn kink(&self, u: &Array2<f64>) -> Array2<f64> {
        let (rank, points) = u.dim();
        let spread = self.model.b_scale / (rank as f64).sqrt();
        // Epanechnikov's kernel of the same standard deviation: it ends, unlike a Gaussian.
        let reach = SMOOTHING * spread * 5.0f64.sqrt();
        let unit = directions(u);
        let weight = FRAC_2_PI.sqrt() / self.b.nrows() as f64;
        let sums = sum_over_neurons(self.b.nrows(), rank * points, |neuron, scratch, sum| {
            let (b, beta) = (row(self.b, neuron), &self.entries[neuron * rank..][..rank]);
            let projected = combine(&mut scratch.first, b.iter().copied(), &unit, self.train);
            for (i, x) in projected.iter().enumerate().filter(|(_, x)| x.abs() < reach) {
                let delta = 0.75 / reach * (1.0 - (x / reach).powi(2));
                let along: f64 = beta.iter().enumerate().map(|(k, e)| e.value * unit[(k, i)]).sum();
                for (k, b) in b.iter().enumerate() {
                    sum[k * points + i] += weight * delta * along * b;
                }
            }
        });
        let mut d = Array2::from_shape_vec((rank, points), sums).expect("r × P sums");
        let along = (&d * &unit).sum_axis(ndarray::Axis(0));
        d -= &(unit * &along);
        d
    }

    /// β ← β − rate · direction(gB).
    pub fn learn(&mut self, u: &Array2<f64>, errors: &Array1<f64>, rule: Rule, rate: f64) {
        let (rank, train) = (u.nrows(), errors.len());
        let mut weighted = u.slice(ndarray::s![.., ..train]).to_owned();
        weighted *= errors;
        let (b, phi) = (self.b, self.model.activation);
        for_each_neuron(&mut self.entries, rank, |neuron, scratch, entries| {
            let mask = combine(&mut scratch.first, row(b, neuron).iter().copied(), u, train);
            slopes(phi, mask);
            for (k, entry) in entries.iter_mut().enumerate() {
                entry.step(rule, rate, dot(mask, row(&weighted, k)));
            }
        });
    }
}

/// U_i/|U_i|, zero where U_i is.
fn directions(u: &Array2<f64>) -> Array2<f64> {
    let norms = (u * u).sum_axis(ndarray::Axis(0)).mapv(f64::sqrt);
    u / &norms.mapv(|x| if x == 0.0 { 1.0 } else { x })
}
