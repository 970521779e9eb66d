//! What is measured of a limit, with the error of its quadrature.

/// The measurements of a limit at every step.
///
/// Z_A and Z_B are in the limit's units: multiply by n to the power that
/// [`Class::z_a_exponent`](crate::Class::z_a_exponent) and the scale of Z_B name. Losses are in units of
/// the squared initial error, which are the finite run's for a ≥ 1/2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectory {
    /// Mean squared error on the training points before every update and after the last.
    pub losses: Vec<f64>,
    /// The same on the test points; NaN without any.
    pub test_losses: Vec<f64>,
    /// rms entry of Z_A over training points and rank; 0 while its leading part is exactly zero.
    pub z_a: Vec<f64>,
    /// rms entry of Z_B over training points and neurons.
    pub z_b: Vec<f64>,
}

/// The measurements of a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The mean over the replicates of the quadrature.
    pub mean: Trajectory,
    /// The standard error of that mean.
    pub error: Trajectory,
    /// Every replicate.
    pub replicates: Vec<Trajectory>,
}

impl Trajectory {
    fn parts(&self) -> [&Vec<f64>; 4] {
        [&self.losses, &self.test_losses, &self.z_a, &self.z_b]
    }

    fn combine(all: &[Self], summary: impl Fn(&[f64]) -> f64) -> Self {
        let steps = all.first().map_or(0, |first| first.losses.len());
        let [losses, test_losses, z_a, z_b] = std::array::from_fn(|part| {
            let at =
                |t: usize| -> Vec<f64> { all.iter().map(|one| one.parts()[part][t]).collect() };
            (0..steps).map(|t| summary(&at(t))).collect()
        });
        Self { losses, test_losses, z_a, z_b }
    }
}

impl Solution {
    pub(crate) fn new(replicates: Vec<Trajectory>) -> Self {
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        let error = |x: &[f64]| {
            let (mean, count) = (mean(x), x.len() as f64);
            let squares: f64 = x.iter().map(|x| (x - mean).powi(2)).sum();
            (squares / (count - 1.0) / count).sqrt()
        };
        Self {
            mean: Trajectory::combine(&replicates, mean),
            error: Trajectory::combine(&replicates, error),
            replicates,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_that_of_a_mean() {
        let one = |x: f64| Trajectory {
            losses: vec![x],
            test_losses: vec![f64::NAN],
            z_a: vec![0.0],
            z_b: vec![2.0 * x],
        };
        let solution = Solution::new([1.0, 3.0, 2.0, 2.0].map(one).to_vec());
        assert_eq!(solution.mean.losses, [2.0]);
        // Variance 2/3 over four replicates.
        assert!((solution.error.losses[0] - (2.0f64 / 3.0 / 4.0).sqrt()).abs() < 1e-15);
        assert!((solution.error.z_b[0] - 2.0 * solution.error.losses[0]).abs() < 1e-15);
        assert!(solution.mean.test_losses[0].is_nan());
    }
}
