//! Singular values of s B A, from the thin factors alone.

use nalgebra::{DMatrix, SVD};
use serde::Serialize;

use crate::normal::chi_squared;

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

/// How evenly a factor's directions are filled.
///
/// With k = min(r, n) and m = max(r, n), (Σσ²)²/(k Σσ⁴) is 1/(1 + U), where U is John's statistic of sphericity (1972).
/// A start of independent entries has U ≈ (k + 1)/m, from E tr (XXᵀ)² = k m (m + k + 1) of a Gaussian X, k × m. A factor
/// that started at zero is a sum of gradients, which share few directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Evenness {
    /// In 0 to 1: (Σσ²)²/(k Σσ⁴) over 1/(1 + (k + 1)/m), about 1 for a start.
    pub value: f64,
    /// k and m.
    short: usize,
    long: usize,
}

/// Of a thousand draws, one is less even than [`Evenness::as_drawn`] allows.
const REFUSED: f64 = 1e-3;

impl Evenness {
    /// Of the singular values of an r × n factor, or of its transpose.
    pub(crate) fn of(singular_values: &[f64], r: usize, n: usize) -> Self {
        let squares: f64 = singular_values.iter().map(|value| value * value).sum();
        let fourth: f64 = singular_values.iter().map(|value| value.powi(4)).sum();
        let (short, long) = (r.min(n), r.max(n));
        let share = if fourth > 0.0 { squares * squares / (short as f64 * fourth) } else { 0.0 };
        Self { value: share * (1.0 + (short as f64 + 1.0) / long as f64), short, long }
    }

    /// Whether it tells anything: up to two directions are always filled rather evenly.
    fn tells(&self) -> bool {
        self.short > 2
    }

    /// Whether independent normal entries are as uneven, but for one draw in a thousand; uniform ones are evener.
    ///
    /// k m U/2 is nearly χ² with k(k + 1)/2 − 1 degrees of freedom (John 1972), at any k/m (Ledoit and Wolf 2002).
    pub(crate) fn as_drawn(&self) -> bool {
        let (k, m) = (self.short as f64, self.long as f64);
        let most = 2.0 / (k * m) * chi_squared(k * (k + 1.0) / 2.0 - 1.0, REFUSED);
        self.tells() && self.value >= (1.0 + (k + 1.0) / m) / (1.0 + most)
    }

    /// Whether a start that makes up this share of the mean square leaves the directions as uneven: the rest, f, does
    /// most in one direction, where kΣσ⁴/(Σσ²)² is 1 − f² + k f².
    pub(crate) fn with_start(&self, share: f64) -> bool {
        let square = (1.0 - share).powi(2);
        self.tells() && self.value * (1.0 - square + self.short as f64 * square) >= 1.0
    }
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

    fn of(entries: &[f32], r: usize, n: usize) -> Evenness {
        Evenness::of(&Thin::of_a(entries, r, n).singular_values().expect("found"), r, n)
    }

    #[test]
    fn a_start_is_even_and_a_sum_of_few_gradients_is_not() {
        let mut drawn = Drawn(5);
        // r above n, too: the roles are swapped.
        for (r, n) in [(8, 256), (64, 128), (40, 12)] {
            let even = of(&drawn.uniform(0.1, r * n), r, n);
            assert!((even.value - 1.0).abs() < 0.06 && even.as_drawn(), "{r} × {n}: {even:?}");
            let three: Vec<[Vec<f32>; 2]> =
                (0..3).map(|_| [drawn.normal(1.0, r), drawn.normal(1.0, n)]).collect();
            let entry = |at: usize| three.iter().map(|[u, v]| u[at / n] * v[at % n]).sum();
            let sum: Vec<f32> = (0..r * n).map(entry).collect();
            assert!(!of(&sum, r, n).as_drawn(), "{r} × {n}");
        }
    }

    /// Of 1000 draws one is expected to be refused, and more than 8 once in 10⁶ times.
    #[test]
    fn draws_are_seldom_refused() {
        let mut drawn = Drawn(11);
        for (r, n) in [(3, 16), (4, 64), (8, 128), (16, 16), (12, 5)] {
            let mut refused = [0; 2];
            for _ in 0..1000 {
                refused[0] += usize::from(!of(&drawn.normal(1.0, r * n), r, n).as_drawn());
                refused[1] += usize::from(!of(&drawn.uniform(1.0, r * n), r, n).as_drawn());
            }
            assert!(refused[0] <= 8 && refused[1] <= 8, "{r} × {n}: {refused:?}");
        }
    }

    /// A start that makes up a quarter passes however the rest is spread, and a single direction does not.
    #[test]
    fn a_quarter_of_a_start_is_enough() {
        let mut drawn = Drawn(13);
        for (r, n) in [(4, 256), (8, 256), (32, 256)] {
            let (u, v) = (drawn.normal(1.0, r), drawn.normal(1.0, n));
            let mixed = |start: Vec<f32>, share: f32| {
                let one = |(at, x): (usize, f32)| x + share * u[at / n] * v[at % n];
                let entries: Vec<f32> = start.into_iter().enumerate().map(one).collect();
                of(&entries, r, n).with_start(0.25)
            };
            assert!(mixed(drawn.normal(1.0, r * n), 1.2), "{r}");
            assert!(!mixed(vec![0.0; r * n], 1.0), "{r}");
        }
    }

    #[test]
    fn two_directions_tell_nothing() {
        for r in [1, 2] {
            let even = of(&Drawn(1).normal(1.0, r * 64), r, 64);
            assert!(!even.as_drawn() && !even.with_start(0.25));
        }
    }
}
