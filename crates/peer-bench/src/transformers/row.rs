//! What was measured, a row for each contestant on each case, as the CSV file holds it.

use std::path::Path;

use lora_stats::Spread;
use serde::{Deserialize, Serialize};
use width_sweep::error::CommandError;

/// One contestant on one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The case.
    pub case: String,
    /// Its model in tables.
    pub model: String,
    /// Width n.
    pub width: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Number of tokens that the model knows.
    pub vocabulary: usize,
    /// Where the tokens come from.
    pub data: String,
    /// Sequences in a batch.
    pub batch: usize,
    /// The shortest sequence, in tokens.
    pub shortest: usize,
    /// The longest.
    pub longest: usize,
    /// Mean tokens of a batch.
    pub tokens: f64,
    /// Mean tokens of a batch where each sequence is as long as the batch's longest.
    pub padded_tokens: f64,
    /// The number of runs.
    pub runs: usize,
    /// Updates of each run.
    pub steps: usize,
    /// The contestant.
    pub contestant: String,
    /// Its name in tables.
    pub label: String,
    /// The number of its turns.
    pub rounds: usize,
    /// Milliseconds per step of a run.
    pub ms_per_step: f64,
    /// The least over rounds.
    pub ms_least: f64,
    /// The most.
    pub ms_most: f64,
    /// Its time over ours, round by round.
    pub times_ours: f64,
    /// The least over rounds.
    pub times_ours_least: f64,
    /// The most.
    pub times_ours_most: f64,
    /// Share of the processors that other programs took during its turns.
    pub others: f64,
    /// The most over rounds.
    pub others_most: f64,
    /// MiB in memory before training.
    pub loaded_mib: f64,
    /// The most MiB beyond that while it trained.
    pub beyond_mib: Option<f64>,
    /// Seconds of the first training of all runs, which is not in the times: compiling is in it.
    pub first_seconds: f64,
    /// The largest relative difference of its first losses from ours.
    pub difference: f64,
}

impl Row {
    /// Milliseconds per step.
    pub fn ms(&self) -> Spread {
        Spread { median: self.ms_per_step, least: self.ms_least, most: self.ms_most }
    }

    /// Its time over ours.
    pub fn ratio(&self) -> Spread {
        let (least, most) = (self.times_ours_least, self.times_ours_most);
        Spread { median: self.times_ours, least, most }
    }

    /// Whether it is of a sweep.
    pub fn is_sweep(&self) -> bool {
        self.runs > 1
    }
}

/// The rows of peers.csv.
///
/// # Errors
/// If the file cannot be read, or is not such a file.
pub fn read(folder: &Path) -> Result<Vec<Row>, CommandError> {
    let file = folder.join("peers.csv");
    let text = std::fs::read_to_string(&file).map_err(|error| CommandError::file(&file, error))?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().map_err(CommandError::failed)
}
