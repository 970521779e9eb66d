//! Cross-entropy of logits, with its gradient.

use std::ops::{Add, AddAssign};

use crate::vector::{exp_all, largest, scale};

/// Sums over the predictions of a batch or of a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// Sum of the cross-entropies, in nats.
    pub sum: f64,
    /// Number of predictions.
    pub count: usize,
    /// Predictions whose likeliest answer is right.
    pub right: usize,
    /// Sequences that ask for a prediction.
    pub sequences: usize,
    /// Sequences of which all predictions are right.
    pub exact: usize,
}

impl Loss {
    /// Mean cross-entropy, in nats; NaN of none.
    pub fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// Share of right predictions.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.count as f64
    }

    /// Share of sequences of which all predictions are right, each made from the right tokens before it.
    pub fn exact_match(&self) -> f64 {
        self.exact as f64 / self.sequences as f64
    }

    /// e to the mean.
    pub fn perplexity(&self) -> f64 {
        self.mean().exp()
    }
}

impl AddAssign for Loss {
    fn add_assign(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
        self.right += other.right;
        self.sequences += other.sequences;
        self.exact += other.exact;
    }
}

impl Add for Loss {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

/// The loss of one row of logits, of which its sequence is not counted. The row becomes the gradient of `weight` times the loss.
pub fn cross_entropy(logits: &mut [f32], target: usize, weight: f32) -> Loss {
    let shift = largest(logits);
    let wanted = logits[target];
    let right = logits.iter().position(|&logit| logit == shift) == Some(target);
    let sum = exp_all(logits, shift);
    scale(logits, weight / sum);
    logits[target] -= weight;
    let loss = f64::from(sum).ln() + f64::from(shift) - f64::from(wanted);
    Loss { sum: loss, count: 1, right: usize::from(right), ..Loss::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logits_cost_the_logarithm_of_their_number() {
        let mut logits = [3.0f32; 8];
        let loss = cross_entropy(&mut logits, 0, 2.0);
        assert!((loss.mean() - 8f64.ln()).abs() < 1e-6);
        assert!((logits[0] + 2.0 * 7.0 / 8.0).abs() < 1e-6 && (logits[1] - 0.25).abs() < 1e-6);
        assert_eq!((loss.right, loss.count), (1, 1));
        assert!((loss.perplexity() - 8.0).abs() < 1e-4);
    }

    #[test]
    fn logits_beyond_the_range_of_exponentials_are_finite_and_nan_is_not_hidden() {
        let mut logits = [1e4f32, 0.0];
        assert_eq!(cross_entropy(&mut logits, 1, 1.0).mean(), 1e4);
        assert_eq!(logits, [1.0, -1.0]);
        assert!(cross_entropy(&mut [f32::NAN, 0.0], 1, 1.0).mean().is_nan());
        assert!(cross_entropy(&mut [f32::INFINITY, 0.0], 1, 1.0).mean().is_nan());
    }
}
