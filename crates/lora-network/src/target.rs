//! What the outputs should be, the loss and its derivative.

use std::ops::Range;

use ndarray::{Array2, ArrayView1, s};

/// The targets of N samples.
#[derive(Clone)]
pub enum Target {
    /// The teacher's outputs, K × N, for squared error.
    Values(Array2<f32>),
    /// A class for each sample, for cross-entropy.
    Labels(Vec<usize>),
}

impl Target {
    /// The targets of some of the samples.
    pub fn part(&self, range: Range<usize>) -> Self {
        match self {
            Self::Values(values) => Self::Values(values.slice(s![.., range]).to_owned()),
            Self::Labels(labels) => Self::Labels(labels[range].to_vec()),
        }
    }

    /// Rows of numbers that they take: K, or one of labels.
    pub fn rows(&self) -> usize {
        match self {
            Self::Values(values) => values.nrows(),
            Self::Labels(_) => 1,
        }
    }

    /// One of these rows, a number for each sample.
    pub fn row(&self, row: usize) -> Box<dyn Iterator<Item = f32> + '_> {
        match self {
            Self::Values(values) => Box::new(values.row(row).into_iter().copied()),
            Self::Labels(labels) => Box::new(labels.iter().map(|&label| label as f32)),
        }
    }

    /// The mean loss of outputs f, K × N; 0 over no samples.
    pub fn loss(&self, f: &Array2<f32>) -> f64 {
        let samples = f.ncols().max(1) as f64;
        match self {
            Self::Values(y) => {
                let squares = f.iter().zip(y).map(|(&f, &y)| (f64::from(f) - f64::from(y)).powi(2));
                squares.sum::<f64>() / (samples * f.nrows() as f64)
            }
            Self::Labels(labels) => {
                let columns = f.columns().into_iter().zip(labels);
                let losses = columns.map(|(f, &label)| {
                    let logits = Logits::of(f);
                    logits.log_sum - logits.shifted[label]
                });
                losses.sum::<f64>() / samples
            }
        }
    }

    /// ∂/∂f of Σ_μ w_μ loss_μ, K × N, where loss_μ is the loss of sample μ, for weights w of N entries.
    pub fn errors(&self, f: &Array2<f32>, weights: &[f64]) -> Array2<f32> {
        let mut errors = Array2::zeros(f.raw_dim());
        match self {
            Self::Values(y) => {
                let outputs = f.nrows() as f64;
                for ((k, mu), e) in errors.indexed_iter_mut() {
                    let apart = f64::from(f[(k, mu)]) - f64::from(y[(k, mu)]);
                    *e = (2.0 * weights[mu] / outputs * apart) as f32;
                }
            }
            Self::Labels(labels) => {
                for (mu, (f, &label)) in f.columns().into_iter().zip(labels).enumerate() {
                    let logits = Logits::of(f);
                    for (k, e) in errors.column_mut(mu).iter_mut().enumerate() {
                        let wanted = f64::from(u8::from(k == label));
                        *e = (weights[mu] * (logits.probability(k) - wanted)) as f32;
                    }
                }
            }
        }
        errors
    }
}

/// The logits of a sample less their largest, so that no exponential overflows.
struct Logits {
    shifted: Vec<f64>,
    /// log Σ exp of them.
    log_sum: f64,
}

impl Logits {
    fn of(f: ArrayView1<f32>) -> Self {
        // `max` passes over NaN, which then comes back in the sum.
        let largest = f.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let shifted: Vec<f64> =
            f.iter().map(|&logit| f64::from(logit) - f64::from(largest)).collect();
        let log_sum = shifted.iter().map(|logit| logit.exp()).sum::<f64>().ln();
        Self { shifted, log_sum }
    }

    fn probability(&self, k: usize) -> f64 {
        (self.shifted[k] - self.log_sum).exp()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_constant_on_all_logits_changes_neither_loss_nor_errors() {
        let target = Target::Labels(vec![2, 0]);
        let f = array![[0.5f32, -1.0], [2.0, 0.25], [-0.75, 3.0]];
        // Exact in f32, so that the sums are, too.
        for constant in [1024.0, -8192.0] {
            let moved = &f + constant;
            assert_eq!(target.loss(&moved), target.loss(&f));
            assert_eq!(target.errors(&moved, &[0.5; 2]), target.errors(&f, &[0.5; 2]));
        }
    }

    #[test]
    fn equal_logits_lose_the_logarithm_of_the_classes() {
        let target = Target::Labels(vec![1, 3]);
        let f = Array2::from_elem((4, 2), 7.0f32);
        assert!((target.loss(&f) - 4f64.ln()).abs() < 1e-15);
        let errors = target.errors(&f, &[0.5; 2]);
        assert_eq!(errors.column(0).to_vec(), [0.125, -0.375, 0.125, 0.125]);
    }

    #[test]
    fn what_is_not_a_number_is_not_hidden() {
        let labels = Target::Labels(vec![0]);
        for bad in [f32::NAN, f32::INFINITY] {
            assert!(labels.loss(&array![[1.0], [bad]]).is_nan());
        }
        assert_eq!(labels.loss(&array![[f32::MIN], [f32::MAX]]), 2.0 * f64::from(f32::MAX));
    }
}
