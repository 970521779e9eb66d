//! The recorded steps of the runs that a coordinate check is made of.

use std::collections::{BTreeMap, BTreeSet};

use lora_experiment::experiment::Experiment;
use lora_stats::geometric_mean;
use lora_store::rows::{Results, StepRow};
use lora_types::Init;

use crate::coordinates::feature::Feature;

/// The runs at one place of the grid, with every recorded step.
pub struct Checked<'r> {
    steps: BTreeMap<(Init, usize, u64, usize), &'r StepRow>,
    /// Train losses before training, by init, width and seed.
    first: BTreeMap<(Init, usize, u64), f64>,
    /// Inits of which every run diverged.
    diverged: BTreeSet<Init>,
}

impl<'r> Checked<'r> {
    /// Those at a place.
    pub fn of(results: &'r Results, lr_index: i64) -> Self {
        let steps = results.steps.iter().filter(|row| row.lr_index == lr_index);
        let runs: Vec<_> = results.runs.iter().filter(|row| row.lr_index == lr_index).collect();
        let mut diverged: BTreeSet<Init> = runs.iter().map(|row| row.init).collect();
        for lasting in runs.iter().filter(|row| row.diverged_at.is_none()) {
            diverged.remove(&lasting.init);
        }
        Self {
            steps: steps.map(|row| ((row.init, row.width, row.seed, row.step), row)).collect(),
            first: runs
                .iter()
                .map(|row| ((row.init, row.width, row.seed), row.first_loss))
                .collect(),
            diverged,
        }
    }

    /// Whether every run of an init diverged.
    pub fn all_diverged(&self, init: Init) -> bool {
        self.diverged.contains(&init)
    }

    /// The steps that some run has a record of, ascending.
    pub fn recorded(&self) -> Vec<usize> {
        let steps: BTreeSet<usize> = self.steps.keys().map(|&(.., step)| step).collect();
        steps.into_iter().collect()
    }

    /// A feature after a step, by seed and width; none where a run has no positive one.
    pub fn values(
        &self,
        experiment: &Experiment,
        (init, step): (Init, usize),
        feature: &Feature,
    ) -> Vec<Vec<Option<f64>>> {
        let at = |width: usize, seed: u64| {
            let row = self.steps.get(&(init, width, seed, step))?;
            positive(f64::from((feature.rms)(row)))
        };
        let of_seed =
            |&seed: &u64| experiment.model.widths.iter().map(|&width| at(width, seed)).collect();
        experiment.training.seeds.iter().map(of_seed).collect()
    }

    /// At each recorded step the train loss over that before training, a geometric mean over seeds; none where some
    /// seed has no positive one, as after it diverged.
    pub fn losses(
        &self,
        experiment: &Experiment,
        init: Init,
        width: usize,
    ) -> BTreeMap<usize, Option<f64>> {
        let at = |step: usize, seed: u64| {
            let row = self.steps.get(&(init, width, seed, step))?;
            positive(f64::from(row.train_loss) / self.first.get(&(init, width, seed))?)
        };
        let of_step = |step| {
            let all = experiment.training.seeds.iter().map(|&seed| at(step, seed));
            (step, mean(all))
        };
        self.recorded().into_iter().map(of_step).collect()
    }
}

fn positive(value: f64) -> Option<f64> {
    Some(value).filter(|value| value.is_finite() && *value > 0.0)
}

/// The geometric mean over seeds; none if one of them has no value.
pub fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values = values.collect::<Option<Vec<f64>>>().filter(|values| !values.is_empty())?;
    Some(geometric_mean(&values))
}
