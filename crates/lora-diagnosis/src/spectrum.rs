//! Singular values of s B A, from the thin factors alone.

use nalgebra::{DMatrix, SVD};
use serde::Serialize;

/// Sweeps of the iteration for each singular value, many times what it takes.
const MOST_SWEEPS: usize = 500;

/// The singular values of a matrix and what follows from them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spectrum {
    /// The largest singular value.
    pub spectral: f64,
    /// The Frobenius norm.
    pub frobenius: f64,
    /// exp of the entropy of σ_i²/Σσ²: the rank, if the positive singular values are equal (Roy and Vetterli 2007,
    /// with squares).
    pub effective_rank: f64,
    /// Singular values above a tenth of the largest.
    pub above_a_tenth: usize,
    /// All of them, from large to small.
    pub singular_values: Vec<f64>,
}

impl Spectrum {
    fn of(singular_values: Vec<f64>) -> Self {
        let squares: f64 = singular_values.iter().map(|value| value * value).sum();
        let spectral = singular_values.first().copied().unwrap_or(0.0);
        let share = |value: &f64| value * value / squares;
        let entropy = |share: f64| if share > 0.0 { -share * share.ln() } else { 0.0 };
        let entropy: f64 = singular_values.iter().map(|value| entropy(share(value))).sum();
        Self {
            spectral,
            frobenius: squares.sqrt(),
            effective_rank: if squares > 0.0 { entropy.exp() } else { 0.0 },
            above_a_tenth: singular_values.iter().filter(|value| **value > spectral / 10.0).count(),
            singular_values,
        }
    }
}

/// The R of a thin QR decomposition of a matrix with r columns: min(rows, r) × r. Its singular values are those of
/// the matrix.
#[derive(Clone, Debug)]
pub(crate) struct Thin(DMatrix<f64>);

impl Thin {
    /// Of Aᵀ, from A in rows, r × n.
    pub(crate) fn of_a(a: &[f32], r: usize, n: usize) -> Self {
        // Rows of A are columns of Aᵀ.
        Self(DMatrix::from_iterator(n, r, a.iter().map(|x| f64::from(*x))).qr().r())
    }

    /// Of B in rows, n × r.
    pub(crate) fn of_b(b: &[f32], n: usize, r: usize) -> Self {
        Self(DMatrix::from_row_iterator(n, r, b.iter().map(|x| f64::from(*x))).qr().r())
    }

    /// The singular values; none if they were not found.
    pub(crate) fn singular_values(&self) -> Option<Vec<f64>> {
        singular_values(self.0.clone())
    }
}

/// Of s B A, where B = Q_B R_B and Aᵀ = Q_A R_A: the singular values of s R_B R_Aᵀ. None if they were not found.
pub(crate) fn product(scaling: f64, b: &Thin, a: &Thin) -> Option<Spectrum> {
    let core = &b.0 * a.0.transpose() * scaling;
    singular_values(core).map(Spectrum::of)
}

fn singular_values(matrix: DMatrix<f64>) -> Option<Vec<f64>> {
    let sweeps = MOST_SWEEPS * matrix.ncols().max(1);
    let largest = matrix.amax();
    if largest == 0.0 {
        return Some(vec![0.0; matrix.nrows().min(matrix.ncols())]);
    }
    // Scaled, so that no square leaves the range of numbers.
    let found = SVD::try_new(matrix / largest, false, false, f64::EPSILON, sweeps)?;
    let mut values: Vec<f64> = found.singular_values.iter().map(|value| value * largest).collect();
    values.sort_by(|one, other| other.total_cmp(one));
    values.iter().all(|value| value.is_finite()).then_some(values)
}

/// How evenly a thin factor's directions are filled, in 0 to 1: (Σσ²)²/(r Σσ⁴) over its value for independent
/// entries, 1/(1 + (r + 1)/n), from E tr (XXᵀ)² = r n (n + r + 1) of a Gaussian X, r × n. It is John's statistic of
/// sphericity (1972) in another form. A start of independent entries has about 1. A factor that started at zero
/// is a sum of gradients, which share few directions.
pub(crate) fn evenness(singular_values: &[f64], n: usize) -> f64 {
    let r = singular_values.len() as f64;
    let squares: f64 = singular_values.iter().map(|value| value * value).sum();
    let fourth: f64 = singular_values.iter().map(|value| value.powi(4)).sum();
    if fourth > 0.0 { squares * squares / (r * fourth) * (1.0 + (r + 1.0) / n as f64) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::Drawn;

    #[test]
    fn the_product_of_thin_factors_has_the_singular_values_of_the_whole() {
        for (r, n_in, n_out) in [(4, 30, 20), (1, 5, 7), (6, 3, 9)] {
            let mut drawn = Drawn(1);
            let (a, b) = (drawn.normal(0.3, r * n_in), drawn.normal(2.0, n_out * r));
            let found =
                product(1.5, &Thin::of_b(&b, n_out, r), &Thin::of_a(&a, r, n_in)).expect("found");
            let whole = |rows, columns, values: &[f32]| {
                DMatrix::from_row_iterator(rows, columns, values.iter().map(|x| f64::from(*x)))
            };
            let mut expected: Vec<f64> = (whole(n_out, r, &b) * whole(r, n_in, &a) * 1.5)
                .singular_values()
                .iter()
                .copied()
                .collect();
            expected.sort_by(|one, other| other.total_cmp(one));
            for (one, other) in found.singular_values.iter().zip(&expected) {
                assert!((one - other).abs() < 1e-10 * expected[0], "{one}, expected {other}");
            }
        }
    }

    #[test]
    fn effective_ranks_of_plain_spectra() {
        let of = |values: &[f64]| {
            let spectrum = Spectrum::of(values.to_vec());
            (spectrum.effective_rank, spectrum.above_a_tenth)
        };
        let close = |(rank, count): (f64, usize), expected: f64, above: usize| {
            assert!((rank - expected).abs() < 1e-12 && count == above, "{rank}, {count}");
        };
        close(of(&[3.0, 3.0, 3.0]), 3.0, 3);
        close(of(&[3.0, 0.0]), 1.0, 1);
        close(of(&[0.0, 0.0]), 0.0, 0);
        // Shares 0.8 and 0.2.
        close(of(&[2.0, 1.0, 0.0]), (-(0.8 * 0.8f64.ln() + 0.2 * 0.2f64.ln())).exp(), 2);
    }

    #[test]
    fn a_start_is_even_and_a_sum_of_few_gradients_is_not() {
        let (r, n) = (8, 256);
        let mut drawn = Drawn(5);
        let even = Thin::of_a(&drawn.uniform(0.1, r * n), r, n).singular_values().expect("found");
        assert!((evenness(&even, n) - 1.0).abs() < 0.02);
        let (u, v) = (drawn.normal(1.0, r), drawn.normal(1.0, n));
        let one: Vec<f32> = u.iter().flat_map(|x| v.iter().map(move |y| x * y)).collect();
        let one = Thin::of_a(&one, r, n).singular_values().expect("found");
        assert!(evenness(&one, n) < 0.2);
    }
}
