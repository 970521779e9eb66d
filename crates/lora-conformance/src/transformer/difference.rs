//! Derivatives from differences, for tests of gradients.

use ndarray::Array2;

/// f'(0), from central differences of the steps `step` and `step`/2.
///
/// A central difference errs by c `step`² + O(`step`⁴); the combination of two cancels c (Richardson).
pub fn derivative(f: impl Fn(f64) -> f64, step: f64) -> f64 {
    let central = |h: f64| (f(h) - f(-h)) / (2.0 * h);
    (4.0 * central(step / 2.0) - central(step)) / 3.0
}

/// ⟨a, b⟩, the sum of products.
pub fn inner(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    assert_eq!(a.shape(), b.shape(), "shapes of the factors");
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// ‖a‖, the root of the sum of squares.
pub fn norm(a: &Array2<f64>) -> f64 {
    inner(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivative_of_a_quartic_is_exact() {
        let f = |x: f64| 3.0 + 2.0 * x - x * x + 5.0 * x.powi(3) + x.powi(4);
        assert!((derivative(f, 0.25) - 2.0).abs() < 1e-14);
    }

    #[test]
    fn the_error_falls_with_the_fourth_power() {
        let error = |h: f64| (derivative(|x| (1.0 + x).exp(), h) - 1f64.exp()).abs();
        let ratio = error(0.1) / error(0.05);
        assert!((ratio - 16.0).abs() < 0.2, "{ratio}");
    }
}
