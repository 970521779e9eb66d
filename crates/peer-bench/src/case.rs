//! One case: the runs that all contestants train, and the file from which the others read them.

use std::path::Path;

use clap::Parser;
use lora_sim::spec::{Init, Model, Optimizer, Run, Training};
use width_sweep::cli::Cli;
use width_sweep::error::CommandError;

/// Seed of data, teacher, student and adapter.
pub const SEED: u64 = 0;

/// Ratio of each learning rate to the one before, as in the peers' `from_cell`.
const LR_FACTOR: f64 = 0.9;

const EPSILON: f64 = 1e-8;

/// Sizes of a case: the paper's experiment under Init\[A\], at a width and a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedCase {
    /// Width n.
    pub width: usize,
    /// Rank r.
    pub rank: usize,
    /// N, the number of training samples.
    pub points: usize,
    /// The number of runs that train together.
    pub learning_rates: usize,
    /// T, the number of steps.
    pub steps: usize,
}

impl TimedCase {
    /// Updates of all runs together.
    pub fn lr_steps(&self) -> usize {
        self.learning_rates * self.steps
    }

    /// The model. It has no held-out samples, since the other contestants have none.
    pub fn model(&self) -> Model {
        Model { rank: self.rank, points: self.points, test_points: 0, ..Model::default() }
    }

    /// The training, with as few records as possible, since the other contestants do not record.
    pub fn training(&self) -> Training {
        let optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: EPSILON };
        Training { optimizer, steps: self.steps, record_every: self.steps, ..Training::default() }
    }

    /// The largest learning rate, which falls with n like the largest stable one. At larger learning
    /// rates rounding errors would grow from step to step, and losses could not be compared.
    fn first_lr(&self) -> f64 {
        0.01 * (128.0 / self.width as f64).sqrt()
    }

    /// The runs, from the largest learning rate down.
    pub fn runs(&self) -> Vec<Run> {
        let run = |k| Run {
            init: Init::A,
            lr: self.first_lr() * LR_FACTOR.powi(k as i32),
            adapter_seed: SEED,
        };
        (0..self.learning_rates).map(run).collect()
    }

    /// Writes the first run with `width-sweep export-cell`.
    ///
    /// # Errors
    /// Those of `width-sweep export-cell`.
    pub fn export(&self, file: &Path) -> Result<(), CommandError> {
        let (width, steps) = (self.width.to_string(), self.steps.to_string());
        let (lr, out) = (format!("{:?}", self.first_lr()), file.to_string_lossy());
        let seed = SEED.to_string();
        let mut words = vec!["width-sweep", "export-cell", "--engine", "cpu", "--init", "A"];
        words.extend(["--width", &width, "--steps", &steps, "--lr", &lr, "--seed", &seed]);
        words.extend(["--out", &out]);
        let keys = [
            format!("model.rank={}", self.rank),
            format!("model.points={}", self.points),
            "model.test_points=0".to_owned(),
            format!("training.record_every={steps}"),
            format!("training.epsilon={EPSILON:?}"),
        ];
        words.extend(keys.iter().flat_map(|key| ["--set", key.as_str()]));
        let cli = Cli::try_parse_from(words).map_err(CommandError::failed)?;
        width_sweep::execute(cli).map(|_| ())
    }

    /// Whether the exported file holds W_h, which the full model needs.
    pub fn has_hidden_weights(&self) -> bool {
        self.width <= self.model().explicit_hidden_up_to
    }

    /// A name for files and messages.
    pub fn name(&self) -> String {
        format!("n{}-N{}-r{}", self.width, self.points, self.rank)
    }
}
