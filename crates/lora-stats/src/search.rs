//! The choice of learning rates to sample next, as a pure function of the samples so far.
//!
//! The search keeps no state: [`next`] takes a set of samples and returns the indices that are still
//! missing. A sweep that was interrupted, or whose samples arrive in another order, therefore
//! continues in the same way.
//!
//! The search always ends: every index that it returns is new and lies within [`LrGrid::limits`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::grid::LrGrid;

/// The result of one run at one learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Sample {
    /// The loss to be minimized. `None` or a value that is not finite: the run diverged.
    pub score: Option<f64>,
    /// Largest rms of Z_B over training. `None` or a value that is not finite: it exceeds every bound.
    pub peak: Option<f64>,
}

impl Sample {
    /// The score, if the run has a finite one.
    pub fn finite_score(&self) -> Option<f64> {
        self.score.filter(|score| score.is_finite())
    }

    /// The peak, if the run has a finite one.
    pub fn finite_peak(&self) -> Option<f64> {
        self.peak.filter(|peak| peak.is_finite())
    }

    /// Whether the peak is finite and at most `bound`.
    pub fn is_stable(&self, bound: f64) -> bool {
        is_within(self.finite_peak(), bound)
    }
}

/// Samples by grid index.
pub type Samples = BTreeMap<i64, Sample>;

/// The quantities that the search locates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Goals {
    /// Bracket the learning rate of the smallest score.
    pub minimum: bool,
    /// Bracket the largest learning rate up to which every peak stays within this bound.
    pub stability_bound: Option<f64>,
}

/// The indices to sample next: ascending, distinct, none sampled yet; empty when done.
///
/// The coarse grid comes first. Then:
///
/// - For the minimum: one coarse step beyond the sampled range while the best sample is at its end,
///   else the middles of the gaps on both sides of the best sample.
/// - For the crossing: one coarse step beyond the sampled range while all samples are stable or none
///   is, else the middle of the gap between the last stable and the first unstable sample.
///
/// A goal is done when its gaps are between neighbouring indices, or when the grid's limits do not
/// allow the extension that it needs. Samples outside the limits are ignored.
pub fn next(grid: &LrGrid, samples: &Samples, goals: &Goals) -> Vec<i64> {
    let sampled = within_limits(grid, samples);
    if !goals.minimum && goals.stability_bound.is_none() {
        return Vec::new();
    }
    let coarse: Vec<i64> =
        grid.coarse_indices().into_iter().filter(|k| !samples.contains_key(k)).collect();
    if !coarse.is_empty() {
        return coarse;
    }
    let mut wanted = BTreeSet::new();
    if goals.minimum {
        wanted.extend(next_for_minimum(grid, &sampled));
    }
    if let Some(bound) = goals.stability_bound {
        wanted.extend(next_for_crossing(grid, &sampled, bound));
    }
    wanted.into_iter().collect()
}

/// Whether a peak is at most `bound`; `None` exceeds every bound.
pub(crate) fn is_within(peak: Option<f64>, bound: f64) -> bool {
    peak.is_some_and(|peak| peak <= bound)
}

/// Position of the smallest finite score in samples that ascend in learning rate.
///
/// Of equal scores the first one, at the smallest learning rate, is the best. A plateau thus counts as
/// bracketed only if a sample below it is worse. `None` if every run diverged.
pub(crate) fn best_position(scores: impl Iterator<Item = Option<f64>>) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (position, score) in scores.enumerate() {
        let Some(score) = score else { continue };
        if best.is_none_or(|(_, least)| score < least) {
            best = Some((position, score));
        }
    }
    best.map(|(position, _)| position)
}

fn within_limits(grid: &LrGrid, samples: &Samples) -> Vec<(i64, Sample)> {
    let (lowest, highest) = grid.limits();
    samples.range(lowest..=highest).map(|(&k, &sample)| (k, sample)).collect()
}

fn next_for_minimum(grid: &LrGrid, sampled: &[(i64, Sample)]) -> Vec<i64> {
    let best = best_position(sampled.iter().map(|(_, sample)| sample.finite_score()));
    // If every run diverged, only smaller learning rates can help.
    let Some(best) = best else { return step_below(grid, sampled).into_iter().collect() };
    if best == 0 {
        return step_below(grid, sampled).into_iter().collect();
    }
    if best + 1 == sampled.len() {
        return step_above(grid, sampled).into_iter().collect();
    }
    let (below, here, above) = (sampled[best - 1].0, sampled[best].0, sampled[best + 1].0);
    [middle(below, here), middle(here, above)].into_iter().flatten().collect()
}

fn next_for_crossing(grid: &LrGrid, sampled: &[(i64, Sample)], bound: f64) -> Option<i64> {
    match sampled.iter().position(|(_, sample)| !sample.is_stable(bound)) {
        None => step_above(grid, sampled),
        Some(0) => step_below(grid, sampled),
        Some(first) => middle(sampled[first - 1].0, sampled[first].0),
    }
}

/// The nearest coarse index below everything sampled, if the limits allow one.
fn step_below(grid: &LrGrid, sampled: &[(i64, Sample)]) -> Option<i64> {
    let stride = grid.coarse_stride();
    let (least, _) = sampled.first()?;
    let step = (least - 1).div_euclid(stride) * stride;
    (step >= grid.limits().0).then_some(step)
}

/// The nearest coarse index above everything sampled, if the limits allow one.
fn step_above(grid: &LrGrid, sampled: &[(i64, Sample)]) -> Option<i64> {
    let stride = grid.coarse_stride();
    let (greatest, _) = sampled.last()?;
    let step = (greatest.div_euclid(stride) + 1) * stride;
    (step <= grid.limits().1).then_some(step)
}

/// An index halfway between two, if there is any between them.
fn middle(below: i64, above: i64) -> Option<i64> {
    (above - below > 1).then(|| below + (above - below) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::LrGridSpec;

    const BOTH: Goals = Goals { minimum: true, stability_bound: Some(1.0) };
    const MINIMUM: Goals = Goals { minimum: true, stability_bound: None };
    const CROSSING: Goals = Goals { minimum: false, stability_bound: Some(1.0) };

    fn grid() -> LrGrid {
        LrGrid::new(LrGridSpec {
            lr_min: 1.0,
            lr_max: 256.0,
            coarse_factor: 4.0,
            bracket_factor: 1.5,
            max_extensions: 1,
        })
        .unwrap()
    }

    fn run(goals: &Goals, sample: impl Fn(i64) -> Sample) -> (Samples, Vec<Vec<i64>>) {
        let grid = grid();
        let (mut samples, mut batches) = (Samples::new(), Vec::new());
        loop {
            let batch = next(&grid, &samples, goals);
            if batch.is_empty() {
                return (samples, batches);
            }
            samples.extend(batch.iter().map(|&k| (k, sample(k))));
            batches.push(batch);
        }
    }

    fn scored(score: f64) -> Sample {
        Sample { score: Some(score), peak: None }
    }

    #[test]
    fn refines_both_sides_of_an_inner_minimum() {
        let (_, batches) = run(&MINIMUM, |k| scored((k as f64 - 7.3).abs()));
        assert_eq!(batches, [vec![0, 4, 8, 12, 16], vec![6, 10], vec![7, 9],]);
    }

    #[test]
    fn extends_towards_a_minimum_beyond_the_edge_and_gives_up_at_the_limit() {
        let (_, above) = run(&MINIMUM, |k| scored(-k as f64));
        assert_eq!(above[1..], [vec![20]]);
        let (_, below) = run(&MINIMUM, |k| scored(k as f64));
        assert_eq!(below[1..], [vec![-4]]);
    }

    /// Shares of right answers take few values.
    #[test]
    fn of_equal_scores_that_at_the_smallest_rate_is_the_best() {
        let plateau = |k: i64| scored(if (4..=9).contains(&k) { 0.25 } else { 0.5 });
        let (samples, batches) = run(&MINIMUM, plateau);
        assert_eq!(batches[1..], [vec![2, 6], vec![3, 5]]);
        assert_eq!(best_position(samples.values().map(|sample| sample.score)), Some(3), "k = 4");
        // With no worse score below it a plateau goes on to the limit.
        let (samples, batches) = run(&MINIMUM, |_| scored(0.0));
        assert_eq!(batches[1..], [vec![-4]]);
        assert_eq!(best_position(samples.values().map(|sample| sample.score)), Some(0));
    }

    #[test]
    fn bisects_the_crossing_and_ignores_stable_islands_above_it() {
        let peak = |k| Sample { score: None, peak: (k < 6 || k == 12).then_some(0.5) };
        let (_, batches) = run(&CROSSING, peak);
        assert_eq!(batches[1..], [vec![6], vec![5]]);
    }

    #[test]
    fn a_peak_exactly_on_the_bound_is_stable() {
        let peak = |k| Sample { score: None, peak: Some(if k <= 7 { 1.0 } else { 1.1 }) };
        let (samples, _) = run(&CROSSING, peak);
        assert!(samples.contains_key(&7) && samples.contains_key(&8), "{samples:?}");
    }

    #[test]
    fn looks_lower_when_everything_diverged() {
        for nothing in [Sample::default(), Sample { score: Some(f64::NAN), peak: Some(f64::NAN) }] {
            let (samples, batches) = run(&BOTH, |_| nothing);
            assert_eq!(batches[1..], [vec![-4]]);
            assert_eq!(samples.len(), 6);
        }
    }

    #[test]
    fn wants_nothing_without_a_goal_and_ignores_samples_beyond_the_limits() {
        let none = Goals { minimum: false, stability_bound: None };
        assert!(next(&grid(), &Samples::new(), &none).is_empty());
        let mut samples = Samples::from([(i64::MIN, scored(-9.0)), (i64::MAX, scored(-9.0))]);
        samples.extend(grid().coarse_indices().into_iter().map(|k| (k, scored((k - 8) as f64))));
        assert_eq!(next(&grid(), &samples, &MINIMUM), [-4]);
    }
}
