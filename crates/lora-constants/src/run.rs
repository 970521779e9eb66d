//! One run of the limit, as the search sees it.

use lora_experiment::experiment::Experiment;
use lora_limit::Solution;
use lora_sim::Trajectory;
use lora_stats::Sample;
use lora_store::rows::{sample, score};
use lora_types::Record;
use serde::Serialize;

/// A limit at one c.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LimitRun {
    /// Position of c on the search's grid.
    pub c_index: i64,
    /// c in η = c n^γ.
    pub c: f64,
    /// Neurons of the quadrature, on each side and in each replicate.
    pub neurons: usize,
    /// What the search minimises: the experiment's score, a mean over the quadrature's replicates. `None`
    /// if the run diverged.
    pub loss: Option<f64>,
    /// The standard error of that mean.
    pub error: Option<f64>,
    /// rms of Z_A after the last step, in the limit's units.
    pub z_a: f64,
    /// rms of Z_B after the last step, in the limit's units.
    pub z_b: f64,
    /// Largest rms of Z_B over all steps; `None` if it is no number.
    pub peak_z_b: Option<f64>,
    /// The step at which a replicate diverged.
    pub diverged_at: Option<usize>,
}

impl LimitRun {
    /// Reads a solution by the rules that finite runs are read by.
    pub fn of(
        experiment: &Experiment,
        (c_index, c): (i64, f64),
        neurons: usize,
        solution: &Solution,
    ) -> Self {
        let factor = experiment.training.divergence_factor;
        let replicates: Vec<Trajectory> =
            solution.replicates.iter().map(|of| trajectory(of, factor)).collect();
        let scores: Option<Vec<f64>> =
            replicates.iter().map(|of| score(experiment, of).filter(|x| x.is_finite())).collect();
        let train = &solution.mean.train;
        let last = |series: &[f64]| series.last().copied().unwrap_or(f64::NAN);
        let peak = replicates.iter().map(|of| of.peak_zb).sum::<f64>() / replicates.len() as f64;
        Self {
            c_index,
            c,
            neurons,
            loss: scores.as_deref().map(mean),
            error: scores.as_deref().map(standard_error),
            z_a: last(&train.z_a),
            z_b: last(&train.z_b),
            peak_z_b: Some(peak).filter(|peak| peak.is_finite()),
            diverged_at: replicates.iter().filter_map(|of| of.diverged_at).min(),
        }
    }

    /// What the search sees.
    pub fn sample(&self) -> Sample {
        sample(self.loss, self.peak_z_b, self.diverged_at)
    }
}

/// A replicate as an engine would have recorded it.
fn trajectory(of: &lora_limit::Trajectory, divergence_factor: f64) -> Trajectory {
    let losses = &of.train.losses;
    let ceiling = divergence_factor * losses.first().copied().unwrap_or(f64::NAN);
    let diverged_at = losses.iter().position(|loss| !loss.is_finite() || *loss > ceiling);
    let kept = diverged_at.map_or(losses.len(), |t| t + 1);
    let test_loss = of.test.losses.last().copied().unwrap_or(f64::NAN);
    let mut trajectory = Trajectory {
        losses: losses[..kept].to_vec(),
        records: vec![Record { step: kept.saturating_sub(1), test_loss, ..Record::default() }],
        diverged_at,
        ..Trajectory::empty()
    };
    of.train.z_b[..kept].iter().for_each(|z_b| trajectory.note_features(*z_b));
    trajectory
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Of a mean over replicates, of which there are at least two.
fn standard_error(x: &[f64]) -> f64 {
    let (mean, count) = (mean(x), x.len() as f64);
    (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0) / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lora_limit::{Series, Trajectory as Limit};

    fn solution(replicates: Vec<Limit>) -> Solution {
        let zero = replicates[0].clone();
        Solution { mean: zero.clone(), error: zero, replicates }
    }

    fn series(losses: [f64; 3], z_b: [f64; 3]) -> Limit {
        let train = Series { losses: losses.to_vec(), z_a: vec![0.0, 1.0, 2.0], z_b: z_b.to_vec() };
        Limit { test: train.clone(), train }
    }

    #[test]
    fn scores_are_means_over_replicates_with_their_error() {
        let mut experiment = Experiment::default();
        experiment.training.steps = 2;
        let both = vec![
            series([4.0, 2.0, 1.0], [0.0, 5.0, 1.0]),
            series([4.0, 2.0, 3.0], [0.0, 7.0, 1.0]),
        ];
        let run = LimitRun::of(&experiment, (3, 0.5), 64, &solution(both));
        // The tail of two steps is the last one: 1 and 3, of which the mean is 2 ± 1.
        assert_eq!((run.loss, run.error), (Some(2.0), Some(1.0)));
        assert_eq!((run.peak_z_b, run.z_a, run.z_b), (Some(6.0), 2.0, 1.0));
        assert_eq!(run.sample(), Sample { score: Some(2.0), peak: Some(6.0) });
    }

    #[test]
    fn a_replicate_that_diverges_leaves_no_score_and_no_peak() {
        let mut experiment = Experiment::default();
        experiment.training.divergence_factor = 10.0;
        let both = vec![series([1.0, 2.0, 1.0], [0.0; 3]), series([1.0, 11.0, 1.0], [0.0; 3])];
        let run = LimitRun::of(&experiment, (0, 1.0), 64, &solution(both));
        assert_eq!((run.loss, run.diverged_at), (None, Some(1)));
        assert_eq!(run.sample(), Sample { score: None, peak: None });
    }
}
