//! How far one trajectory is from another.

/// The relative rms distance (Σ_t (x_t − y_t)² / Σ_t x_t²)^1/2 of two trajectories of one length; none unless it is
/// positive and finite, so that it has a logarithm.
pub fn relative_distance(own: &[f64], other: &[f64]) -> Option<f64> {
    if own.len() != other.len() {
        return None;
    }
    let squares: f64 = own.iter().zip(other).map(|(own, other)| (own - other).powi(2)).sum();
    let size: f64 = own.iter().map(|value| value.powi(2)).sum();
    let distance = (squares / size).sqrt();
    (distance.is_finite() && distance > 0.0).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_relative_and_of_equal_lengths() {
        let off = relative_distance(&[2.0, 1.0], &[2.2, 1.1]).expect("a distance");
        assert!((off - 0.1).abs() < 1e-12, "{off}");
        assert_eq!(relative_distance(&[1.0], &[1.0]), None, "zero has no logarithm");
        assert_eq!(relative_distance(&[1.0, 2.0], &[1.5]), None);
        assert_eq!(relative_distance(&[1.0], &[f64::NAN]), None);
    }
}
