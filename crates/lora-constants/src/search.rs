//! The search for c: that of a sweep for η, with the limit in place of runs.

use std::collections::BTreeMap;

use lora_stats::{Basin, Crossing, Goals, LrCurve, LrGrid, Optimum, Samples, next};

use crate::run::LimitRun;

/// What one seed's limit says as a function of c.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Every run, ascending in c.
    pub runs: Vec<LimitRun>,
    /// The lowest loss; `None` if every run diverged.
    pub optimum: Option<Optimum>,
    /// The c around it whose loss is within the tolerance.
    pub basin: Option<Basin>,
    /// Where Z_B passes the bound, if there is one.
    pub crossing: Option<Crossing>,
    /// The run with the lowest loss, solved again over more neurons; the search itself leaves it out.
    pub refined: Option<LimitRun>,
}

impl Curve {
    /// The run with the lowest loss.
    pub fn best(&self) -> Option<&LimitRun> {
        let index = self.optimum.as_ref()?.index;
        self.runs.iter().find(|run| run.c_index == index)
    }

    /// The lowest loss with its error. A quadrature has a bias, which falls with its neurons and which no
    /// spread of replicates shows. So the loss is the one over more neurons, and its distance to the one over
    /// fewer counts as error beside the replicates' spread.
    pub fn lowest(&self) -> Option<(f64, f64)> {
        let (best, refined) = (self.best()?, self.refined.as_ref()?);
        let loss = refined.loss?;
        Some((loss, refined.error?.hypot(loss - best.loss?)))
    }
}

/// Samples c until the lowest loss and the crossing of `bound` are bracketed, or the grid ends. `basin` is
/// the share by which a loss may exceed the lowest one.
///
/// # Errors
/// The first error of `run`.
pub fn search<E>(
    grid: &LrGrid,
    basin: f64,
    bound: Option<f64>,
    mut run: impl FnMut(i64, f64) -> Result<LimitRun, E>,
) -> Result<Curve, E> {
    let goals = Goals { minimum: true, stability_bound: bound };
    let (mut samples, mut runs) = (Samples::new(), BTreeMap::new());
    loop {
        let batch = next(grid, &samples, &goals);
        if batch.is_empty() {
            break;
        }
        for index in batch {
            let run = run(index, grid.lr(index))?;
            samples.insert(index, run.sample());
            runs.insert(index, run);
        }
    }
    let curve = LrCurve::new(grid, &samples);
    Ok(Curve {
        runs: runs.into_values().collect(),
        optimum: curve.optimum().ok(),
        basin: curve.basin(basin).ok(),
        crossing: bound.and_then(|bound| curve.crossing(bound).ok()),
        refined: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lora_stats::{LrGridSpec, StatsError};

    fn grid() -> Result<LrGrid, StatsError> {
        LrGrid::new(LrGridSpec {
            lr_min: 0.25,
            lr_max: 16.0,
            coarse_factor: 4.0,
            bracket_factor: 1.2,
            max_extensions: 4,
        })
    }

    /// A log-parabola with its minimum at `best`, and a peak of 3 c.
    fn planted(best: f64) -> impl FnMut(i64, f64) -> Result<LimitRun, StatsError> {
        move |c_index, c| {
            let loss = Some((0.4 * (c / best).ln().powi(2) - 5.0).exp());
            let (error, peak_z_b) = (Some(0.0), Some(3.0 * c));
            Ok(LimitRun {
                c_index,
                c,
                loss,
                error,
                z_a: 0.0,
                z_b: 0.0,
                peak_z_b,
                diverged_at: None,
            })
        }
    }

    #[test]
    fn a_planted_minimum_and_a_planted_crossing_are_found() -> Result<(), StatsError> {
        // Two of them lie outside the range that the search begins with.
        for (best, bound) in [(0.9, 10.0), (0.03, 0.2), (70.0, 90.0)] {
            let curve = search(&grid()?, 0.1, Some(bound), planted(best))?;
            let optimum = curve.optimum.expect("an optimum");
            assert!(optimum.bracketed && optimum.resolved && optimum.interpolated);
            assert!((optimum.lr / best).ln().abs() < 1e-9, "{best}: {}", optimum.lr);
            let basin = curve.basin.expect("a basin");
            assert!(basin.is_complete() && basin.lower < best && best < basin.upper);
            let crossing = curve.crossing.expect("a crossing").lr.expect("bracketed");
            assert!((3.0 * crossing / bound).ln().abs() < 1e-9, "{bound}: {crossing}");
            assert!(curve.best().is_some_and(|run| run.loss == Some(optimum.score)));
        }
        Ok(())
    }

    #[test]
    fn without_a_bound_nothing_is_trained_for_it() -> Result<(), StatsError> {
        let grid = grid()?;
        let [with, without] =
            [Some(10.0), None].map(|bound| search(&grid, 0.1, bound, planted(0.9)));
        let (with, without) = (with?, without?);
        assert_eq!(without.crossing, None);
        assert_eq!(with.optimum, without.optimum);
        assert!(without.runs.len() < with.runs.len());
        Ok(())
    }

    #[test]
    fn the_distance_to_fewer_neurons_counts_as_error() -> Result<(), StatsError> {
        let mut curve = search(&grid()?, 0.1, None, planted(0.9))?;
        assert_eq!(curve.lowest(), None);
        let best = *curve.best().expect("a run");
        let loss = best.loss.expect("a loss");
        curve.refined = Some(LimitRun { loss: Some(loss - 3e-3), error: Some(4e-3), ..best });
        let (lowest, error) = curve.lowest().expect("both runs");
        assert!((lowest - loss + 3e-3).abs() < 1e-12 && (error - 5e-3).abs() < 1e-12);
        Ok(())
    }

    #[test]
    fn an_error_ends_the_search() -> Result<(), StatsError> {
        let failed = search(&grid()?, 0.1, None, |_, _| Err(StatsError::NoSamples));
        assert_eq!(failed, Err(StatsError::NoSamples));
        Ok(())
    }
}
