//! What is measured of a limit, with the error of its quadrature.

/// The measurements over the training or over the test points, at every step.
///
/// Z_A and Z_B are in the limit's units: multiply by n to the power that
/// [`Class::z_a_exponent`](crate::Class::z_a_exponent) and the scale of Z_B name. Losses are in units of
/// the squared initial error, which are the finite run's for a ≥ 1/2. Over no points all are NaN.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Mean squared error before every update and after the last.
    pub losses: Vec<f64>,
    /// rms entry of Z_A over points and rank; 0 while its leading part is exactly zero.
    pub z_a: Vec<f64>,
    /// rms entry of Z_B over points and neurons.
    pub z_b: Vec<f64>,
}

/// The measurements of a limit at every step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectory {
    /// Over the training points.
    pub train: Series,
    /// Over the test points.
    pub test: Series,
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

impl Series {
    /// Adds one step.
    pub(crate) fn push(&mut self, [loss, z_a, z_b]: [f64; 3]) {
        self.losses.push(loss);
        self.z_a.push(z_a);
        self.z_b.push(z_b);
    }

    fn combine(all: &[&Self], summary: &impl Fn(&[f64]) -> f64) -> Self {
        let part = |of: fn(&Self) -> &Vec<f64>| -> Vec<f64> {
            let steps = all.first().map_or(0, |first| of(first).len());
            let at = |t: usize| -> Vec<f64> { all.iter().map(|one| of(one)[t]).collect() };
            (0..steps).map(|t| summary(&at(t))).collect()
        };
        Self { losses: part(|s| &s.losses), z_a: part(|s| &s.z_a), z_b: part(|s| &s.z_b) }
    }
}

impl Trajectory {
    fn combine(all: &[Self], summary: impl Fn(&[f64]) -> f64) -> Self {
        let of = |part: fn(&Self) -> &Series| {
            Series::combine(&all.iter().map(part).collect::<Vec<_>>(), &summary)
        };
        Self { train: of(|one| &one.train), test: of(|one| &one.test) }
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
        let one = |x: f64| {
            let mut trajectory = Trajectory::default();
            trajectory.train.push([x, 0.0, 2.0 * x]);
            trajectory.test.push([f64::NAN; 3]);
            trajectory
        };
        let solution = Solution::new([1.0, 3.0, 2.0, 2.0].map(one).to_vec());
        assert_eq!(solution.mean.train.losses, [2.0]);
        // Variance 2/3 over four replicates.
        let error = &solution.error.train;
        assert!((error.losses[0] - (2.0f64 / 3.0 / 4.0).sqrt()).abs() < 1e-15);
        assert!((error.z_b[0] - 2.0 * error.losses[0]).abs() < 1e-15);
        assert!(solution.mean.test.losses[0].is_nan());
    }
}
