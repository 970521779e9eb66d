//! `[transformer]`: the keys of an experiment with `model.kind = "transformer"`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use super::choices::{
    ALL_LINEAR, FinalTask, InitLaw, Modules, Parametrisation, Schedule, Task,
};
use super::{field, field_data, field_lora, usual};

/// How the name of a file ends whose lines are prompts with answers.
const PAIRS: &str = "jsonl";

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
    /// The training text: a text file for `next-token`, or a `.jsonl` file with the fields of prompts and
    /// answers; a table with tabs for `classify`; empty for the text that comes with the program.
    #[serde(deserialize_with = "field::text")]
    pub train_data: String,
    /// The held-out text; empty for the last sequences of the training text.
    #[serde(deserialize_with = "field::text")]
    pub test_data: String,
    /// Sequences that are held out of the training text where there is no `test_data`; 0 for a tenth of
    /// them.
    #[serde(deserialize_with = "field::count_or_none", skip_serializing_if = "usual::is_zero")]
    pub held_out: usize,
    /// What is held out is measured at recorded steps that are positive multiples of this, and at the last
    /// step; 0 for every recorded step.
    #[serde(deserialize_with = "field::count_or_none", skip_serializing_if = "usual::is_zero")]
    pub test_every: usize,
    /// Data that no search sees: the best run of every (width, init, seed) is measured on all of them. Empty
    /// for none.
    #[serde(deserialize_with = "field::text", skip_serializing_if = "String::is_empty")]
    pub final_data: String,
    /// What is asked of the final data.
    #[serde(
        deserialize_with = "field_data::final_task",
        skip_serializing_if = "FinalTask::is_usual"
    )]
    pub final_task: FinalTask,
    /// Most sequences of the final data, spread evenly over them; 0 for all.
    #[serde(deserialize_with = "field::count_or_none", skip_serializing_if = "usual::is_zero")]
    pub final_sequences: usize,
    /// Most tokens that a model writes behind a prompt of the final data.
    #[serde(deserialize_with = "field::count", skip_serializing_if = "usual::is_new_tokens")]
    pub new_tokens: usize,
    /// Answered multiple-choice questions that stand before each question; empty for none.
    #[serde(deserialize_with = "field::text", skip_serializing_if = "String::is_empty")]
    pub shots_data: String,
    /// How many of them.
    #[serde(deserialize_with = "field::count", skip_serializing_if = "usual::is_shots")]
    pub shots: usize,
    /// Names of the columns of a table with one text or two; empty for the one called `sentence`, `content` or
    /// `text`.
    #[serde(deserialize_with = "field_data::text_columns", skip_serializing_if = "Vec::is_empty")]
    pub text_columns: Vec<String>,
    /// The column of a table with the class.
    #[serde(deserialize_with = "field_data::column", skip_serializing_if = "usual::is_label")]
    pub label_column: String,
    /// What the classes are called there, from class 0 on; empty for whole numbers.
    #[serde(deserialize_with = "field_data::label_names", skip_serializing_if = "Vec::is_empty")]
    pub label_names: Vec<String>,
    /// How to come by the files that are named here: said where one is missing.
    #[serde(deserialize_with = "field::text", skip_serializing_if = "String::is_empty")]
    pub where_to_get: String,
    /// What a model is given of a line of a `.jsonl` file: `{name}` stands for a field.
    #[serde(deserialize_with = "field::template", skip_serializing_if = "usual::is_usual_prompt")]
    pub prompt: String,
    /// What it should say then.
    #[serde(deserialize_with = "field::template", skip_serializing_if = "usual::is_usual_answer")]
    pub answer: String,
    /// Whether the tokens of prompts are learned, too.
    #[serde(deserialize_with = "field::flag", skip_serializing_if = "usual::is_false")]
    pub learn_prompt: bool,
    /// Adapted modules, as PEFT's `target_modules`: names, a regular expression, or `all-linear` alone.
    #[serde(deserialize_with = "field_lora::targets")]
    pub targets: Modules,
    /// Distribution of a random factor's entries.
    #[serde(deserialize_with = "field_lora::init_law")]
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
    /// A text file that it is pretrained on; empty for the text that comes with the program.
    #[serde(deserialize_with = "field::text", skip_serializing_if = "String::is_empty")]
    pub pretrain_data: String,
    /// Steps of its pretraining; after 0 the base keeps its random weights.
    #[serde(deserialize_with = "field::count_or_none")]
    pub pretrain_steps: usize,
    /// Sequences in a batch of its pretraining.
    #[serde(deserialize_with = "field::count")]
    pub pretrain_batch: usize,
    /// Largest learning rate of its pretraining.
    #[serde(deserialize_with = "field::positive")]
    pub pretrain_lr: f64,
    /// Power of width/`base_width` by which the learning rate of its pretraining is multiplied.
    #[serde(deserialize_with = "field::exponent", skip_serializing_if = "usual::is_nothing")]
    pub pretrain_lr_exponent: f64,
    /// Seed of its pretraining, the same for all seeds of the experiment unless each has a base of its own.
    #[serde(deserialize_with = "field::seed")]
    pub pretrain_seed: u64,
    /// Whether each seed of the experiment has a base of its own, pretrained with that seed plus `pretrain_seed`.
    #[serde(deserialize_with = "field::flag", skip_serializing_if = "usual::is_false")]
    pub base_per_seed: bool,
    /// Where pretrained models are kept, to be used again.
    #[serde(deserialize_with = "field::text")]
    pub bases: String,
    /// Whether s is alpha/√r instead of alpha/r, as PEFT's `use_rslora`.
    #[serde(deserialize_with = "field::flag", skip_serializing_if = "usual::is_false")]
    pub use_rslora: bool,
    /// Targets that are left out again, as PEFT's `exclude_modules`.
    #[serde(deserialize_with = "field_lora::exclude", skip_serializing_if = "Modules::is_none")]
    pub exclude_modules: Modules,
    /// Numbers of the blocks that are adapted, as PEFT's `layers_to_transform`; all if there are none.
    #[serde(deserialize_with = "field_lora::blocks", skip_serializing_if = "Vec::is_empty")]
    pub layers_to_transform: Vec<usize>,
    /// Batches of a step, PyTorch's `gradient_accumulation_steps`.
    #[serde(deserialize_with = "field_lora::accumulation", skip_serializing_if = "usual::is_one")]
    pub accumulation: usize,
    /// r of single modules, by patterns of their names, as PEFT's `rank_pattern`.
    #[serde(deserialize_with = "field_lora::ranks", skip_serializing_if = "BTreeMap::is_empty")]
    pub rank_pattern: BTreeMap<String, usize>,
    /// alpha of single modules, as PEFT's `alpha_pattern`.
    #[serde(deserialize_with = "field_lora::alphas", skip_serializing_if = "BTreeMap::is_empty")]
    pub alpha_pattern: BTreeMap<String, f64>,
}

impl Default for TransformerSection {
    fn default() -> Self {
        Self {
            checkpoint: String::new(),
            task: Task::NextToken,
            train_data: String::new(),
            test_data: String::new(),
            held_out: 0,
            test_every: 0,
            final_data: String::new(),
            final_task: FinalTask::Predict,
            final_sequences: 0,
            new_tokens: usual::NEW_TOKENS,
            shots_data: String::new(),
            shots: usual::SHOTS,
            text_columns: Vec::new(),
            label_column: usual::LABEL.to_owned(),
            label_names: Vec::new(),
            where_to_get: String::new(),
            prompt: usual::PROMPT.to_owned(),
            answer: usual::ANSWER.to_owned(),
            learn_prompt: false,
            targets: Modules::all_linear(),
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
            pretrain_data: String::new(),
            pretrain_steps: 300,
            pretrain_batch: 16,
            pretrain_lr: 4e-3,
            pretrain_lr_exponent: 0.0,
            pretrain_seed: 0,
            base_per_seed: false,
            bases: "runs/bases".to_owned(),
            use_rslora: false,
            exclude_modules: Modules::Names(Vec::new()),
            layers_to_transform: Vec::new(),
            accumulation: 1,
            rank_pattern: BTreeMap::new(),
            alpha_pattern: BTreeMap::new(),
        }
    }
}

/// Whether the lines of this file are prompts with answers.
pub fn is_pairs(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == PAIRS)
}

impl TransformerSection {
    /// Whether the held-out data are prompts with answers.
    pub fn tests_pairs(&self) -> bool {
        let own = &self.test_data;
        is_pairs(if own.is_empty() { &self.train_data } else { own })
    }

    /// Whether the data of the final test are prompts with answers.
    pub fn finals_pairs(&self) -> bool {
        is_pairs(&self.final_data)
    }

    /// Whether classes are predicted, and not tokens.
    pub fn is_classifying(&self) -> bool {
        self.task == Task::Classify
    }

    /// Whether what is held out is measured at a recorded step.
    pub fn tests_at(&self, step: usize, is_last: bool) -> bool {
        let every = self.test_every;
        every == 0 || is_last || (step > 0 && step.is_multiple_of(every))
    }

    /// Whether no key has another value than its default. It takes a reference for `skip_serializing_if`.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The seed with which the base of a run's seed is pretrained.
    pub fn base_seed(&self, seed: u64) -> u64 {
        if self.base_per_seed { self.pretrain_seed.wrapping_add(seed) } else { self.pretrain_seed }
    }

    /// Largest rank of a module, where others have `rank`.
    pub fn largest_rank(&self, rank: usize) -> usize {
        self.rank_pattern.values().copied().fold(rank, usize::max)
    }
}

#[cfg(test)]
mod tests;
