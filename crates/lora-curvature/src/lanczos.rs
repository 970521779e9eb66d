//! The largest eigenvalue of a symmetric operator by Lanczos' method.
//!
//! From a start vector q₁ the method builds orthonormal vectors q₁ … q_m, on which the operator is a tridiagonal
//! matrix T. The largest eigenvalue θ of T, with the eigenvector s, belongs to the operator up to the residual
//! β_m |s_m|: some eigenvalue of the operator lies within it of θ. Every new vector is made orthogonal to all earlier ones,
//! twice, so that rounding makes no copies of an eigenvalue.

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::Array1;

/// The largest eigenvalue that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Eigenvalue {
    /// θ.
    pub value: f64,
    /// The distance from θ within which the operator has an eigenvalue, at most.
    pub residual: f64,
    /// Products with the operator that it took.
    pub products: usize,
}

/// A residual of this share of the value ends the search.
const TOLERANCE: f64 = 1e-6;
/// A new vector of this share of the operator's size is zero up to rounding.
const ROUNDING: f64 = 1e-13;

/// The largest eigenvalue, algebraically, of the symmetric operator `apply`, with at most `most` products.
///
/// The start should be random: an eigenvector that is orthogonal to it is not found. A start of zero has the
/// eigenvalue 0.
pub fn largest_eigenvalue(
    apply: impl Fn(&Array1<f64>) -> Array1<f64>,
    start: Array1<f64>,
    most: usize,
) -> Eigenvalue {
    let norm = start.dot(&start).sqrt();
    let mut found = Eigenvalue { value: 0.0, residual: 0.0, products: 0 };
    if norm == 0.0 || norm.is_nan() {
        return found;
    }
    let mut basis = vec![start / norm];
    let (mut diagonal, mut beside): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    while let Some(last) = basis.last() {
        let mut next = apply(last);
        diagonal.push(last.dot(&next));
        for _ in 0..2 {
            for vector in &basis {
                let along = vector.dot(&next);
                next.scaled_add(-along, vector);
            }
        }
        let beta = next.dot(&next).sqrt();
        let size = diagonal.iter().chain(&beside).fold(beta, |size, x| size.max(x.abs()));
        found = ritz(&diagonal, &beside, beta);
        let ended = found.residual <= TOLERANCE * found.value.abs() || beta <= ROUNDING * size;
        if ended || !beta.is_finite() || basis.len() >= most.max(1) {
            break;
        }
        beside.push(beta);
        basis.push(next / beta);
    }
    found
}

/// The largest eigenvalue of the tridiagonal matrix, with its residual for the norm β of the next vector.
fn ritz(diagonal: &[f64], beside: &[f64], beta: f64) -> Eigenvalue {
    let m = diagonal.len();
    let mut t = DMatrix::from_diagonal(&diagonal.to_vec().into());
    for (i, &beta) in beside.iter().enumerate() {
        (t[(i, i + 1)], t[(i + 1, i)]) = (beta, beta);
    }
    if !diagonal.iter().chain(beside).all(|x| x.is_finite()) {
        return Eigenvalue { value: f64::NAN, residual: f64::NAN, products: m };
    }
    let eigen = SymmetricEigen::new(t);
    let (best, value) = eigen.eigenvalues.argmax();
    let residual = beta * eigen.eigenvectors[(m - 1, best)].abs();
    Eigenvalue { value, residual, products: m }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_diagonal(values: &[f64], most: usize) -> Eigenvalue {
        let diagonal = Array1::from(values.to_vec());
        let start = Array1::from_shape_fn(values.len(), |i| 1.0 + 0.1 * (i as f64).sin());
        largest_eigenvalue(|x| x * &diagonal, start, most)
    }

    /// The largest one counts, not the one of the largest size.
    #[test]
    fn known_spectra_have_their_largest_eigenvalue() {
        for (values, largest) in [
            (vec![3.0], 3.0),
            (vec![-5.0, -1.0], -1.0),
            (vec![-50.0, 2.0, 1.0, 2.0], 2.0),
            ((0..300).map(|i| f64::from(i) / 100.0).collect(), 2.99),
            // A cluster at the top.
            ((0..100).map(|i| 1.0 - 1e-4 * f64::from(i)).collect(), 1.0),
        ] {
            let found = of_diagonal(&values, 120);
            assert!((found.value - largest).abs() < 1e-5 * largest.abs(), "{found:?}, {largest}");
            assert!((found.value - largest).abs() <= found.residual + 1e-12, "{found:?}");
        }
    }

    /// The residual says how far a search that was cut short is off.
    #[test]
    fn a_short_search_says_its_error() {
        let values: Vec<f64> = (0..300).map(|i| f64::from(i) / 100.0).collect();
        let short = of_diagonal(&values, 5);
        let nearest = values.iter().map(|x| (x - short.value).abs()).fold(f64::MAX, f64::min);
        assert_eq!(short.products, 5);
        assert!(short.residual > 0.01 && nearest <= short.residual, "{short:?}");
    }

    #[test]
    fn an_operator_of_zeros_and_a_start_of_zeros_have_zero() {
        assert_eq!(of_diagonal(&[0.0; 4], 9).value, 0.0);
        assert_eq!(largest_eigenvalue(Clone::clone, Array1::zeros(3), 9).value, 0.0);
    }
}
