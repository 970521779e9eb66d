//! B's side where B is made of its updates alone: b(h, sgn ω) over a population of neurons.
//!
//! B = n^γ b. Adam does not see the constant factor |ω| of a neuron's gradient, so b depends on ω
//! through its sign, and E|ω| = √(2/π) is all that is left of its size. With pre = h + s b·Û, or h
//! alone where φ is linearised:
//!
//! ```text
//! f_i  = E[ω φ(pre_i)]                           full
//! f_i  = s Σ_k P_ki Û_ki, P_ki = E[ω φ'(h_i) b_k]  linearised (b is odd in ω: one sign is enough)
//! V_ki = ∂f_i/∂U_ki = s E[ω φ'(pre_i) b_k]
//! gB_k = ω Σ_i e_i φ'(pre_i) Û_ki
//! ```
//!
//! In full, the two signs of one h are taken together: E[ω φ(h)] is then zero exactly, as it is in
//! the limit.

use std::f64::consts::FRAC_2_PI;

use lora_sim::spec::{Activation, Model};
use ndarray::{Array1, Array2};

use crate::reading::{Reading, read_sums};
use crate::rows::{
    activate, add_scaled, add_squares, combine, dot, for_each_neuron, row, set, slopes,
    sum_over_neurons,
};
use crate::rule::{Entry, Rule};

/// b on a population of neurons.
pub(crate) struct MeanField<'a> {
    h: &'a Array2<f64>,
    entries: Vec<Entry>,
    signs: &'static [f64],
    phi: Activation,
    rank: usize,
    multiplier: f64,
    full: bool,
}

impl<'a> MeanField<'a> {
    pub fn new(h: &'a Array2<f64>, model: &Model, full: bool) -> Self {
        let signs: &[f64] = if full { &[1.0, -1.0] } else { &[1.0] };
        let rank = model.rank;
        Self {
            h,
            entries: vec![Entry::default(); h.nrows() * signs.len() * rank],
            signs,
            phi: model.activation,
            rank,
            multiplier: model.multiplier,
            full,
        }
    }

    /// Reads Z_A = `za` into the output.
    pub fn read(&self, za: &Array2<f64>) -> Reading {
        let (points, rank) = (self.h.ncols(), self.rank);
        let (count, each) = (self.h.nrows() * self.signs.len(), self.signs.len() * rank);
        let weight = FRAC_2_PI.sqrt() / count as f64;
        // f, V/s, and Σ_i (s b·Û_i)² in one row each.
        let sums = sum_over_neurons(self.h.nrows(), points * (rank + 2), |neuron, scratch, sum| {
            let (f, rest) = sum.split_at_mut(points);
            let (v, z_b) = rest.split_at_mut(points * rank);
            let entries = &self.entries[neuron * each..(neuron + 1) * each];
            for (b, sign) in entries.chunks(rank).zip(self.signs) {
                let scaled = b.iter().map(|b| self.multiplier * b.value);
                let features = combine(&mut scratch.second, scaled, za, points);
                add_squares(z_b, 1.0 / count as f64, features);
                let pre = set(&mut scratch.first, row(self.h, neuron));
                if self.full {
                    add_scaled(pre, 1.0, features);
                }
                let slope = set(&mut scratch.third, pre);
                slopes(self.phi, slope);
                if self.full {
                    activate(self.phi, pre);
                    add_scaled(f, sign * weight, pre);
                }
                for (v, b) in v.chunks_mut(points).zip(b) {
                    add_scaled(v, sign * weight * b.value, slope);
                }
            }
        });
        let mut reading = read_sums(sums, rank, points, self.multiplier);
        if !self.full {
            reading.f = (&reading.v * za).sum_axis(ndarray::Axis(0));
        }
        reading
    }

    /// b ← b − rate · direction(gB). φ' is taken at `za`, and the gradient multiplies `seen`: they
    /// differ while Û is u⁰, which is of lower order than the pre-activations notice.
    pub fn learn(
        &mut self,
        za: &Array2<f64>,
        seen: &Array2<f64>,
        errors: &Array1<f64>,
        rule: Rule,
        rate: f64,
    ) {
        let train = errors.len();
        let mut weighted = seen.slice(ndarray::s![.., ..train]).to_owned();
        weighted *= errors;
        let (h, phi, rank, s, full) = (self.h, self.phi, self.rank, self.multiplier, self.full);
        let signs = self.signs;
        for_each_neuron(&mut self.entries, signs.len() * rank, |neuron, scratch, entries| {
            for (b, sign) in entries.chunks_mut(rank).zip(signs) {
                let pre = set(&mut scratch.first, &row(h, neuron)[..train]);
                for (k, b) in b.iter().enumerate().filter(|_| full) {
                    add_scaled(pre, s * b.value, &row(za, k)[..train]);
                }
                slopes(phi, pre);
                for (k, b) in b.iter_mut().enumerate() {
                    b.step(rule, rate, sign * dot(pre, row(&weighted, k)));
                }
            }
        });
    }

    /// Drops the gradients so far: those to come are of higher order.
    pub fn forget_gradients(&mut self) {
        self.entries.iter_mut().for_each(Entry::forget_gradients);
    }
}
