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
    /// The run with the lowest loss, solved again over more neurons, ascending; the search itself leaves them
    /// out.
    pub finer: Vec<LimitRun>,
}

/// The fastest fall of a bias that is believed, M^-1: what the loss moved less than that may be chance.
const FASTEST: f64 = 0.5;
/// The slowest, M^-1/4, where 5 times the last difference is left.
const SLOWEST: f64 = 0.840_896_415_253_714_6;

impl Curve {
    /// The run with the lowest loss.
    pub fn best(&self) -> Option<&LimitRun> {
        let index = self.optimum.as_ref()?.index;
        self.runs.iter().find(|run| run.c_index == index)
    }

    /// The lowest loss, over the most neurons, with its error. A quadrature has a bias, which falls with its
    /// neurons and which no spread of replicates shows. The losses over the last three numbers of neurons, each
    /// twice the one before, show how fast it falls, and so what is left of it beside the replicates' spread.
    pub fn lowest(&self) -> Option<(f64, f64)> {
        let solved: Vec<&LimitRun> = self.best().into_iter().chain(&self.finer).collect();
        let [.., few, twice, four_times] = solved[..] else { return None };
        let losses = [few.loss?, twice.loss?, four_times.loss?];
        Some((losses[2], four_times.error?.hypot(bias(losses))))
    }
}

/// What is left of the bias of the last of three losses, over M, 2M and 4M neurons.
///
/// With L_M = L + b M^-p the differences d = L_M − L_2M and d' = L_2M − L_4M have the ratio q = 2^-p, and
/// L_4M − L = d' q/(1 − q) = d q²/(1 − q). q is kept between [`FASTEST`] and [`SLOWEST`], and is the former
/// where the differences have opposite signs; the larger of both estimates counts.
fn bias([few, twice, four_times]: [f64; 3]) -> f64 {
    let (first, second) = (few - twice, twice - four_times);
    let falls = first * second > 0.0;
    let q = if falls { (second / first).clamp(FASTEST, SLOWEST) } else { FASTEST };
    (second.abs() * q).max(first.abs() * q * q) / (1.0 - q)
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
        finer: Vec::new(),
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
                neurons: 64,
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

    /// Losses L + b M^-p have the bias that they were planted with, and a bias that falls more slowly than
    /// the slowest is no smaller than that one's.
    #[test]
    fn a_planted_bias_is_found() {
        let losses = |limit: f64, p: f64| [1.0, 2.0, 4.0].map(|m: f64| limit + 0.01 * m.powf(-p));
        for p in [0.25, 0.5, 0.75, 1.0] {
            let planted = 0.01 * 4f64.powf(-p);
            assert!((bias(losses(0.02, p)) / planted - 1.0).abs() < 1e-9, "{p}");
            // From below as from above.
            assert!((bias(losses(0.02, p).map(|x| -x)) / planted - 1.0).abs() < 1e-9, "{p}");
        }
        let slow = losses(0.02, 0.1);
        assert!(bias(slow) > 5.0 * (slow[1] - slow[2]));
        // A faster fall may be chance, and so may differences of two signs.
        assert!((bias([1.08, 1.0, 1.0]) - 0.04).abs() < 1e-12);
        assert!((bias([1.0, 0.98, 1.01]) - 0.03).abs() < 1e-12);
        assert_eq!(bias([1.0; 3]), 0.0);
    }

    #[test]
    fn the_error_of_the_lowest_loss_holds_spread_and_bias() -> Result<(), StatsError> {
        let mut curve = search(&grid()?, 0.1, None, planted(0.9))?;
        assert_eq!(curve.lowest(), None);
        let best = *curve.best().expect("a run");
        let loss = best.loss.expect("a loss");
        // A bias that halves: 8, 4 and 2 permille above the limit.
        let over =
            |less: f64, error| LimitRun { loss: Some(loss - less), error: Some(error), ..best };
        curve.finer = vec![over(4e-3, 9.0), over(6e-3, 1.5e-3)];
        let (lowest, error) = curve.lowest().expect("three runs");
        assert!((lowest - loss + 6e-3).abs() < 1e-12 && (error - 2.5e-3).abs() < 1e-12);
        // One that diverges leaves no loss.
        curve.finer[0].loss = None;
        assert_eq!(curve.lowest(), None);
        Ok(())
    }

    #[test]
    fn an_error_ends_the_search() -> Result<(), StatsError> {
        let failed = search(&grid()?, 0.1, None, |_, _| Err(StatsError::NoSamples));
        assert_eq!(failed, Err(StatsError::NoSamples));
        Ok(())
    }
}
