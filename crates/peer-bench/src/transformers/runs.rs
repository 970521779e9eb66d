//! What every contestant reads: the runs of a case and the tokens that they train on.

use std::path::Path;

use lora_checkpoint::Family;
use lora_transformer::batch::Sequence;
use lora_transformer::lora::LoraSpec;
use lora_transformer::net::{Pooling, Task};
use lora_transformer::optimizer::Rule;
use lora_transformer::run_spec::{HeadSpec, RunSpec, Training};
use lora_types::Init;
use serde::{Deserialize, Serialize};
use width_sweep::error::CommandError;

/// Rank of every adapter.
const RANK: usize = 8;
/// PEFT's `lora_alpha`.
const ALPHA: f64 = 16.0;
/// Seed of the adapters.
const SEED: u64 = 0;

/// The file that this is kept in.
const FILE: &str = "runs.json";

/// The runs of a case. Each trains on the same batches, one a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Runs {
    /// Whether the model says a class, not the next token.
    pub classifies: bool,
    /// β₁ and β₂ of AdamW.
    pub betas: [f64; 2],
    /// ε.
    pub epsilon: f64,
    /// λ.
    pub weight_decay: f64,
    /// η of the classification head.
    pub head_lr: f64,
    /// The runs.
    pub runs: Vec<OneRun>,
    /// The batches.
    pub batches: Vec<Vec<Tokens>>,
}

/// One run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneRun {
    /// Which factor starts random.
    pub init: Init,
    /// η.
    pub lr: f64,
}

/// A sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tokens {
    /// The tokens.
    pub ids: Vec<u32>,
    /// The class, where the model says one.
    pub label: Option<u32>,
}

impl Runs {
    /// Runs with PyTorch's constants of AdamW.
    pub fn new(family: Family, runs: Vec<OneRun>, batches: Vec<Vec<Tokens>>) -> Self {
        let Rule { betas, epsilon, .. } = Rule::default();
        let classifies = !family.is_causal();
        Self { classifies, betas, epsilon, weight_decay: 0.01, head_lr: 1e-3, runs, batches }
    }

    /// Writes them into a folder.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write(&self, folder: &Path) -> Result<(), CommandError> {
        let file = folder.join(FILE);
        let text = serde_json::to_string(self).map_err(CommandError::failed)?;
        std::fs::write(&file, text).map_err(|error| CommandError::file(&file, error))
    }

    /// Reads them from a folder.
    ///
    /// # Errors
    /// If the file is not there or not whole.
    pub fn read(folder: &Path) -> Result<Self, CommandError> {
        let file = folder.join(FILE);
        let text =
            std::fs::read_to_string(&file).map_err(|error| CommandError::file(&file, error))?;
        serde_json::from_str(&text).map_err(CommandError::failed)
    }

    /// What the model is asked for.
    pub fn task(&self) -> Task {
        match self.classifies {
            true => Task::Classify { labels: 2, pooling: Pooling::Cls },
            false => Task::NextToken,
        }
    }

    /// The batches as sequences.
    pub fn sequences(&self) -> Vec<Vec<Sequence>> {
        let one = |tokens: &Tokens| match tokens.label {
            Some(label) => Sequence::labelled(tokens.ids.clone(), label),
            None => Sequence::text(tokens.ids.clone()),
        };
        self.batches.iter().map(|batch| batch.iter().map(one).collect()).collect()
    }

    /// The training of a run: LoRA of rank 8 on every linear module.
    pub fn spec(&self, run: OneRun) -> RunSpec {
        let lora = LoraSpec {
            rank: RANK,
            alpha: ALPHA,
            init: run.init,
            seed: SEED,
            ..LoraSpec::default()
        };
        let Self { betas, epsilon, weight_decay, .. } = *self;
        let rule = Rule { betas, epsilon, weight_decay, ..Rule::default() };
        RunSpec {
            lora,
            lr: run.lr,
            lora_plus_ratio: 1.0,
            head: self.classifies.then(|| HeadSpec::new(self.head_lr)),
            training: Training { rule, steps: self.batches.len(), ..Training::default() },
        }
    }

    /// The lengths of the shortest and of the longest sequence.
    pub fn lengths(&self) -> [usize; 2] {
        let all = || self.batches.iter().flatten().map(|tokens| tokens.ids.len());
        [all().min(), all().max()].map(Option::unwrap_or_default)
    }

    /// Mean tokens of a batch, and mean tokens where each sequence is as long as its batch's longest.
    pub fn tokens(&self) -> [f64; 2] {
        let lengths = |batch: &Vec<Tokens>| -> Vec<usize> {
            batch.iter().map(|tokens| tokens.ids.len()).collect()
        };
        let longest = |all: Vec<usize>| all.len() * all.iter().max().copied().unwrap_or(0);
        let steps = self.batches.len().max(1) as f64;
        let plain: usize =
            self.batches.iter().map(|batch| lengths(batch).iter().sum::<usize>()).sum();
        let padded: usize = self.batches.iter().map(|batch| longest(lengths(batch))).sum();
        [plain, padded].map(|tokens| tokens as f64 / steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_padding_is_counted() {
        let tokens = |count: u32, label| Tokens { ids: (0..count).collect(), label };
        let batches = vec![vec![tokens(3, Some(1)), tokens(9, Some(0))], vec![tokens(4, Some(1))]];
        let runs = Runs::new(Family::Bert, vec![OneRun { init: Init::B, lr: 0.01 }], batches);
        let folder = std::env::temp_dir().join(format!("peer-bench-runs-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        runs.write(&folder).expect("written");
        assert_eq!(Runs::read(&folder).expect("read"), runs);
        std::fs::remove_dir_all(&folder).expect("removed");
        assert_eq!((runs.tokens(), runs.lengths()), ([8.0, 11.0], [3, 9]));
        assert!(runs.spec(runs.runs[0]).head.is_some());
    }
}
