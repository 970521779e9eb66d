//! The adaptive search of one cell: batch after batch until no init wants another learning rate. A
//! study with given learning rates wants them all at once.

use lora_experiment::cells::Cell;
use lora_experiment::study::definition::{Rates, Study};
use lora_sim::Trajectory;
use lora_sim::spec::{Init, Run};
use lora_stats::{Sample, Samples, next};
use lora_store::rows::{Found, sample, score};

/// Ratios of learning rates that differ by less are one: exp and ln round.
const SAME_RATIO: f64 = 1e-9;

/// One run that a search wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WantedRun {
    /// Position of the learning rate: on the search grid, or among the given pairs.
    pub lr_index: i64,
    /// What to train.
    pub run: Run,
}

/// Runs that are trained together.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedBatch {
    /// η_B/η_A, which they share.
    pub lr_ratio: f64,
    /// The runs.
    pub runs: Vec<WantedRun>,
}

/// The search of a cell, between two of its batches.
#[derive(Clone, Debug)]
pub struct Search<'s> {
    study: &'s Study,
    cell: Cell,
    /// What each init has seen so far.
    samples: Vec<Samples>,
    /// Whether the given learning rates are trained.
    trained: bool,
}

impl<'s> Search<'s> {
    /// One that has seen nothing yet.
    pub fn new(study: &'s Study, cell: Cell) -> Self {
        let samples = vec![Samples::new(); study.experiment.training.inits.len()];
        Self { study, cell, samples, trained: false }
    }

    /// What it wants next; nothing when it has ended.
    pub fn wanted(&self) -> Vec<WantedBatch> {
        match &self.study.rates {
            Rates::Search(goal) => {
                let goals = self.study.goals(*goal);
                let inits = self.study.experiment.training.inits.iter().zip(&self.samples);
                let of = |(&init, samples): (&Init, &Samples)| {
                    let grid = self.study.grid_at(init, self.study.x(self.cell));
                    let indices = next(&grid, samples, &goals).into_iter();
                    indices.map(|k| self.run(init, k, grid.lr(k))).collect::<Vec<_>>()
                };
                let runs: Vec<WantedRun> = inits.flat_map(of).collect();
                let batch = WantedBatch { lr_ratio: self.study.experiment.training.lr_ratio, runs };
                Some(batch).filter(|batch| !batch.runs.is_empty()).into_iter().collect()
            }
            Rates::Powers { .. } if self.trained => Vec::new(),
            Rates::Powers { pairs, .. } => self.given(pairs.len()),
        }
    }

    /// Takes the finished runs of all batches that it wanted last.
    pub fn take<'t>(&mut self, found: impl IntoIterator<Item = Found<'t>>) {
        self.trained = true;
        let inits = &self.study.experiment.training.inits;
        for Found { init, lr_index, trajectory, .. } in found {
            let sample = seen(self.study, trajectory);
            if let Some(position) = inits.iter().position(|&known| known == init) {
                self.samples[position].insert(lr_index, sample);
            }
        }
    }

    fn run(&self, init: Init, lr_index: i64, lr: f64) -> WantedRun {
        WantedRun { lr_index, run: Run { init, lr, adapter_seed: self.cell.seed } }
    }

    /// Runs at given rates. Runs of one batch share η_B/η_A, so pairs are batched by it.
    fn given(&self, pairs: usize) -> Vec<WantedBatch> {
        let mut batches: Vec<WantedBatch> = Vec::new();
        for pair in 0..pairs {
            let Some((a, b)) = self.study.rate(pair, self.study.x(self.cell)) else { continue };
            // Equal exponents must share a batch.
            let lr_ratio = if a == b { 1.0 } else { b / a };
            let inits = self.study.experiment.training.inits.iter();
            let runs = inits.map(|&init| self.run(init, pair as i64, a));
            let same =
                |batch: &&mut WantedBatch| (batch.lr_ratio / lr_ratio - 1.0).abs() < SAME_RATIO;
            match batches.iter_mut().find(same) {
                Some(batch) => batch.runs.extend(runs),
                None => batches.push(WantedBatch { lr_ratio, runs: runs.collect() }),
            }
        }
        batches
    }
}

impl WantedRun {
    /// The run with what was measured of it.
    pub fn found(self, lr_ratio: f64, trajectory: &Trajectory) -> Found<'_> {
        let Self { lr_index, run: Run { init, lr, .. } } = self;
        Found { init, lr_index, lr, lr_b: lr * lr_ratio, trajectory }
    }
}

/// What a search sees of a run.
fn seen(study: &Study, trajectory: &Trajectory) -> Sample {
    let finite = |x: f64| x.is_finite().then_some(x);
    let score = score(&study.experiment, trajectory).and_then(finite);
    sample(score, finite(trajectory.peak_zb), trajectory.diverged_at)
}
