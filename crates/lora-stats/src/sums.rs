//! Compensated sums, so that fits keep their digits when points lie far from the origin.

/// A running sum that carries its rounding error along (Neumaier's variant of Kahan's method).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, term: f64) {
        let total = self.total + term;
        // Whichever operand is smaller has lost its low bits.
        self.lost += if self.total.abs() >= term.abs() {
            (self.total - total) + term
        } else {
            (term - total) + self.total
        };
        self.total = total;
    }

    fn value(&self) -> f64 {
        self.total + self.lost
    }
}

/// Σ terms.
pub(crate) fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    for term in terms {
        sum.add(term);
    }
    sum.value()
}

/// Mean of the values as a rounded number and the remainder that rounding removed; 0 if there are none.
///
/// Deviations from the mean are x − mean − remainder: with the remainder they sum to zero even if the
/// mean is large and the deviations are small.
pub(crate) fn mean(values: &[f64]) -> (f64, f64) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let count = values.len() as f64;
    let mean = sum(values.iter().copied()) / count;
    (mean, sum(values.iter().map(|value| value - mean)) / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_large_ones() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum([]), 0.0);
    }

    #[test]
    fn the_remainder_completes_the_mean() {
        let values = [1e16, 1e16 + 2.0, 1e16 + 2.0];
        let (mean, remainder) = mean(&values);
        let third = (mean - 1e16) + remainder;
        approx::assert_relative_eq!(third, 4.0 / 3.0, max_relative = 1e-15);
    }
}
