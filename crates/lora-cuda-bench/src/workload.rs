//! What is measured: the sizes, and the model and training that they stand for.

use lora_sim::spec::{Model, Training};

/// The sizes that are measured.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Workload {
    /// n, the width.
    pub width: usize,
    /// N, the training samples. A tenth as many test samples follow them.
    pub points: usize,
    /// r, the rank.
    pub rank: usize,
    /// Runs that train together.
    pub runs: usize,
    /// T, the steps of the whole loop.
    pub steps: usize,
    /// Times that everything is measured, after one warm-up.
    pub repeats: usize,
}

/// Every other step is recorded, as in the paper's experiment.
pub const RECORD_EVERY: usize = 2;

impl Workload {
    /// The model that is trained.
    pub fn model(&self) -> Model {
        let test_points = self.points / 10;
        Model { rank: self.rank, points: self.points, test_points, ..Model::default() }
    }

    /// How it is trained.
    pub fn training(&self) -> Training {
        Training { steps: self.steps, record_every: RECORD_EVERY, ..Training::default() }
    }
}
