//! Tails of the normal law, and the interval of a Poisson mean.

use std::f64::consts::SQRT_2;

/// P(|Z| ≥ |z|) of a standard normal Z.
pub(crate) fn two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / SQRT_2)
}

/// The z with P(Z > z) = `tail`, for tails from 1e-300 to 1/2.
pub(crate) fn upper(tail: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    // 60 halvings leave less than an ulp.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        let above = libm::erfc(middle / SQRT_2) / 2.0;
        (low, high) = if above > tail { (middle, high) } else { (low, middle) };
    }
    (low + high) / 2.0
}

/// The x that χ² with so many degrees of freedom exceeds with the probability `tail`, by Wilson and Hilferty (1931).
pub(crate) fn chi_squared(degrees: f64, tail: f64) -> f64 {
    let ninth = 2.0 / (9.0 * degrees);
    degrees * (1.0 - ninth + upper(tail) * ninth.sqrt()).powi(3).max(0.0)
}

/// The 95% interval of a Poisson mean of which `count` was seen: the exact one of Garwood, whose quantiles of
/// χ² are those of Wilson and Hilferty.
pub(crate) fn poisson_interval(count: usize) -> (f64, f64) {
    let z = upper(0.025);
    let quantile = |k: f64, sign: f64| {
        let ninth = 1.0 / (9.0 * k);
        k * (1.0 - ninth + sign * z * ninth.sqrt()).powi(3)
    };
    let count = count as f64;
    let low = if count == 0.0 { 0.0 } else { quantile(count, -1.0).max(0.0) };
    (low, quantile(count + 1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_tables() {
        for (tail, z) in [(0.025, 1.959964), (0.05, 1.644854), (1e-6, 4.753424), (0.5, 0.0)] {
            assert!((upper(tail) - z).abs() < 1e-6, "{tail}");
            assert!((two_sided(z) / (2.0 * tail) - 1.0).abs() < 1e-5, "{tail}");
        }
    }

    #[test]
    fn chi_squared_of_tables() {
        for (degrees, tail, x) in [(5.0, 0.001, 20.515), (35.0, 0.001, 66.619), (9.0, 0.05, 16.919)]
        {
            assert!((chi_squared(degrees, tail) / x - 1.0).abs() < 0.015, "{degrees}");
        }
    }

    /// Garwood's intervals, from tables.
    #[test]
    fn poisson_intervals_of_tables() {
        for (count, low, high) in
            [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (50, 37.11, 65.92)]
        {
            let (found_low, found_high) = poisson_interval(count);
            assert!(
                (found_low - low).abs() < 0.02 && (found_high / high - 1.0).abs() < 0.01,
                "{count}"
            );
        }
    }
}
