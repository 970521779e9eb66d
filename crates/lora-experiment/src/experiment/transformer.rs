//! `[transformer]`: the keys of an experiment with `model.kind = "transformer"`.

use serde::{Deserialize, Serialize};

pub use super::choices::{ALL_LINEAR, InitLaw, Parametrisation, Schedule, Task};
use super::field;

/// `[transformer]`: the base model, the text and how LoRA is put on. `model.widths`, `model.rank` and
/// `model.multiplier` (s, PEFT's `scaling`) hold for transformers, too; so do all of `[training]` and
/// `[search]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransformerSection {
    /// A Hugging Face folder or a GGUF file; empty for a model that is pretrained here.
    #[serde(deserialize_with = "field::text")]
    pub checkpoint: String,
    /// What is learned.
    #[serde(deserialize_with = "field::task")]
    pub task: Task,
    /// The training text: a text file for `next-token`, SST-2's TSV for `classify`; empty for the text
    /// that comes with the program.
    #[serde(deserialize_with = "field::text")]
    pub train_data: String,
    /// The held-out text; empty for the last tenth of the training text.
    #[serde(deserialize_with = "field::text")]
    pub test_data: String,
    /// Adapted modules, as PEFT's `target_modules`: names, or `all-linear` alone.
    #[serde(deserialize_with = "field::names")]
    pub targets: Vec<String>,
    /// Distribution of a random factor's entries.
    #[serde(deserialize_with = "field::init_law")]
    pub init_law: InitLaw,
    /// PEFT's `lora_dropout`.
    #[serde(deserialize_with = "field::decay")]
    pub dropout: f64,
    /// Learning rate of a classification head; 0 freezes it.
    #[serde(deserialize_with = "field::not_negative")]
    pub head_lr: f64,
    /// Sequences in a batch.
    #[serde(deserialize_with = "field::count")]
    pub batch: usize,
    /// Longest sequence in tokens; longer ones are cut.
    #[serde(deserialize_with = "field::context")]
    pub context: usize,
    /// Most held-out sequences.
    #[serde(deserialize_with = "field::count")]
    pub test_sequences: usize,
    /// Steps over which the learning rate rises from 0.
    #[serde(deserialize_with = "field::count_or_none")]
    pub warmup: usize,
    /// What the learning rate does behind the warm-up.
    #[serde(deserialize_with = "field::schedule")]
    pub schedule: Schedule,
    /// Largest norm of the gradient (`max_grad_norm`); 0 for none.
    #[serde(deserialize_with = "field::not_negative")]
    pub max_grad_norm: f64,
    /// Blocks of a model that is pretrained here.
    #[serde(deserialize_with = "field::count")]
    pub depth: usize,
    /// Size of its heads; a divisor of every width.
    #[serde(deserialize_with = "field::head_dim")]
    pub head_dim: usize,
    /// Tokens that it knows: 256 bytes, a special one, and pairs that occur often.
    #[serde(deserialize_with = "field::vocabulary")]
    pub vocabulary: usize,
    /// How its weights and their learning rates scale with the width.
    #[serde(deserialize_with = "field::parametrisation")]
    pub parametrisation: Parametrisation,
    /// The width at which both parametrisations are the same model.
    #[serde(deserialize_with = "field::count")]
    pub base_width: usize,
    /// Steps of its pretraining.
    #[serde(deserialize_with = "field::count")]
    pub pretrain_steps: usize,
    /// Sequences in a batch of its pretraining.
    #[serde(deserialize_with = "field::count")]
    pub pretrain_batch: usize,
    /// Largest learning rate of its pretraining.
    #[serde(deserialize_with = "field::positive")]
    pub pretrain_lr: f64,
    /// Seed of its pretraining, the same for all seeds of the experiment.
    #[serde(deserialize_with = "field::seed")]
    pub pretrain_seed: u64,
    /// Where pretrained models are kept, to be used again.
    #[serde(deserialize_with = "field::text")]
    pub bases: String,
}

impl Default for TransformerSection {
    fn default() -> Self {
        Self {
            checkpoint: String::new(),
            task: Task::NextToken,
            train_data: String::new(),
            test_data: String::new(),
            targets: vec![ALL_LINEAR.to_owned()],
            init_law: InitLaw::FanIn,
            dropout: 0.0,
            head_lr: 1e-3,
            batch: 16,
            context: 64,
            test_sequences: 64,
            warmup: 0,
            schedule: Schedule::Constant,
            max_grad_norm: 0.0,
            depth: 2,
            head_dim: 32,
            vocabulary: 512,
            parametrisation: Parametrisation::Standard,
            base_width: 64,
            pretrain_steps: 300,
            pretrain_batch: 16,
            pretrain_lr: 4e-3,
            pretrain_seed: 0,
            bases: "runs/bases".to_owned(),
        }
    }
}

impl TransformerSection {
    /// Whether no key has another value than its default. It takes a reference for `skip_serializing_if`.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The keys that decide results, and not where files lie: what is in them is part of an engine's
    /// numerics.
    pub fn without_places(&self) -> Self {
        let nowhere = String::new;
        Self {
            checkpoint: nowhere(),
            train_data: nowhere(),
            test_data: nowhere(),
            bases: nowhere(),
            ..self.clone()
        }
    }
}
