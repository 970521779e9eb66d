//! Weighted sums of ln q over x, and the weights that make one a slope.

/// Σ weight · value.
pub(crate) fn weighted(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
}

/// Weights w with Σ w·y the least-squares slope of y.
pub(crate) fn slope_weights(ln_x: &[f64]) -> Vec<f64> {
    let mean = ln_x.iter().sum::<f64>() / ln_x.len() as f64;
    let spread: f64 = ln_x.iter().map(|x| (x - mean).powi(2)).sum();
    ln_x.iter().map(|x| (x - mean) / spread).collect()
}
