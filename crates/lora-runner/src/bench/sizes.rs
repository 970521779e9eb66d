//! The sizes of what is measured.

use lora_sim::spec::{Init, Model, Run, Training};
use serde::Serialize;

/// Seed of data, teacher, student and adapters: times do not depend on it.
pub(super) const SEED: u64 = 0;

/// Matrix products of a step, n N r each: A Z, B Z_A, dB, dZ_A and dA.
const PRODUCTS: f64 = 5.0;

/// Sizes of a student and of a batch of runs on it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BatchSizes {
    /// n.
    pub width: usize,
    /// N.
    pub points: usize,
    /// Held-out points.
    pub test_points: usize,
    /// r.
    pub rank: usize,
    /// Runs of the batch.
    pub lrs: usize,
    /// T.
    pub steps: usize,
    /// Every so many steps one is recorded.
    pub record_every: usize,
    /// Times that the batch is trained.
    pub repeats: usize,
}

impl BatchSizes {
    /// The paper's model at these sizes.
    pub fn model(&self) -> Model {
        let (rank, points, test_points) = (self.rank, self.points, self.test_points);
        Model { rank, points, test_points, ..Model::default() }
    }

    /// Adam for that many steps.
    pub fn training(&self, steps: usize) -> Training {
        Training { steps, record_every: self.record_every, ..Training::default() }
    }

    /// Half of the runs Init\[A\], half Init\[B\]; of an odd number one more Init\[A\].
    pub fn runs(&self) -> Vec<Run> {
        (0..self.lrs)
            .map(|i| {
                let init = if i < self.lrs.div_ceil(2) { Init::A } else { Init::B };
                Run { init, lr: self.lr(i), adapter_seed: SEED }
            })
            .collect()
    }

    /// Far below the largest stable rate of either init, which is of order 1/n for Init\[B\].
    fn lr(&self, i: usize) -> f64 {
        let share = (i + 1) as f64 / self.lrs as f64;
        0.01 * share / self.width as f64
    }

    /// Updates of single runs in a batch.
    pub fn lr_steps(&self) -> f64 {
        self.lrs as f64 * self.steps as f64
    }

    /// Entries of an n × N matrix.
    pub fn entries(&self) -> f64 {
        self.width as f64 * self.points as f64
    }

    /// Entries of an n × P matrix, held-out points among its columns.
    pub fn held_entries(&self) -> f64 {
        self.width as f64 * (self.points + self.test_points) as f64
    }

    /// Useful multiply-adds of an LR-step.
    pub fn multiply_adds(&self) -> f64 {
        PRODUCTS * self.entries() * self.rank as f64
    }

    /// Bytes of A and B of every run with Adam's two moments of each, in f32.
    pub fn parameter_bytes(&self) -> f64 {
        let factor = self.width as f64 * self.rank as f64;
        4.0 * 2.0 * 3.0 * factor * self.lrs as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: BatchSizes = BatchSizes {
        width: 10,
        points: 7,
        test_points: 3,
        rank: 2,
        lrs: 5,
        steps: 4,
        record_every: 2,
        repeats: 1,
    };

    #[test]
    fn the_counts_are_those_of_the_definitions() {
        assert_eq!(SMALL.lr_steps(), 20.0);
        assert_eq!(SMALL.held_entries(), 100.0);
        assert_eq!(SMALL.multiply_adds(), 5.0 * 10.0 * 7.0 * 2.0);
        assert_eq!(SMALL.parameter_bytes(), 4.0 * 6.0 * 20.0 * 5.0);
        let (model, training) = (SMALL.model(), SMALL.training(SMALL.steps));
        assert_eq!((model.points, model.test_points, model.rank), (7, 3, 2));
        assert!((0..=4).all(|t| training.records(t) == (t % 2 == 0)));
    }

    #[test]
    fn runs_are_halved_between_the_inits_and_no_two_are_alike() {
        let runs = SMALL.runs();
        let inits: Vec<Init> = runs.iter().map(|run| run.init).collect();
        assert_eq!(inits, [Init::A, Init::A, Init::A, Init::B, Init::B]);
        assert!(runs.windows(2).all(|pair| pair[0].lr < pair[1].lr));
        assert_eq!(runs[4].lr, 0.001);
    }
}
