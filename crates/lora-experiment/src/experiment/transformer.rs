//! `[transformer]`: the keys of an experiment with `model.kind = "transformer"`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::Value;

pub use super::choices::{ALL_LINEAR, InitLaw, Parametrisation, Schedule, Task};
use super::field;

/// The prompt of a line that has GSM8K's fields.
const PROMPT: &str = "Question: {question}\nAnswer: ";

/// The answer to it.
const ANSWER: &str = "{answer}";

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
    /// answers; SST-2's TSV for `classify`; empty for the text that comes with the program.
    #[serde(deserialize_with = "field::text")]
    pub train_data: String,
    /// The held-out text; empty for the last tenth of the training text.
    #[serde(deserialize_with = "field::text")]
    pub test_data: String,
    /// What a model is given of a line of a `.jsonl` file: `{name}` stands for a field.
    #[serde(deserialize_with = "field::template", skip_serializing_if = "is_usual_prompt")]
    pub prompt: String,
    /// What it should say then.
    #[serde(deserialize_with = "field::template", skip_serializing_if = "is_usual_answer")]
    pub answer: String,
    /// Whether the tokens of prompts are learned, too.
    #[serde(deserialize_with = "field::flag", skip_serializing_if = "is_false")]
    pub learn_prompt: bool,
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
            prompt: PROMPT.to_owned(),
            answer: ANSWER.to_owned(),
            learn_prompt: false,
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

fn is_usual_prompt(prompt: &str) -> bool {
    prompt == PROMPT
}

fn is_usual_answer(answer: &str) -> bool {
    answer == ANSWER
}

/// It takes a reference for `skip_serializing_if`.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Whether the lines of this file are prompts with answers.
pub fn is_pairs(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == PAIRS)
}

impl TransformerSection {
    /// Keys with their defaults, with which they are left out of files: run keys and kept experiments are
    /// then what they were before there were these keys.
    pub fn later_keys() -> [(&'static str, Value); 3] {
        [
            ("prompt", Value::String(PROMPT.to_owned())),
            ("answer", Value::String(ANSWER.to_owned())),
            ("learn_prompt", Value::Boolean(false)),
        ]
    }

    /// Whether the held-out data are prompts with answers.
    pub fn tests_pairs(&self) -> bool {
        let own = &self.test_data;
        is_pairs(if own.is_empty() { &self.train_data } else { own })
    }

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

#[cfg(test)]
mod tests {
    use toml::Table;

    use super::*;

    /// What is stored of an experiment, and hashed into run keys, must not change where a key is added.
    #[test]
    fn later_keys_are_left_out_with_their_defaults_alone() {
        let section = TransformerSection::default();
        let table = Table::try_from(&section).expect("a table");
        assert!(TransformerSection::later_keys().iter().all(|(key, _)| !table.contains_key(*key)));
        let later: Table = TransformerSection::later_keys()
            .map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect();
        assert_eq!(later.try_into(), Ok(section.clone()), "they are the defaults");
        let others = TransformerSection {
            prompt: "{a}".to_owned(),
            answer: " {b}\n".to_owned(),
            learn_prompt: true,
            ..section
        };
        let table = Table::try_from(&others).expect("a table");
        assert!(TransformerSection::later_keys().iter().all(|(key, _)| table.contains_key(*key)));
        assert_eq!(table.try_into(), Ok(others.clone()), "they are read again");
        let text = toml::to_string(&others).expect("a text");
        assert_eq!(toml::from_str(&text), Ok(others), "from a file, too: {text}");
    }

    #[test]
    fn the_end_of_a_name_says_what_a_file_holds() {
        let section = |train_data: &str, test_data: &str| TransformerSection {
            train_data: train_data.to_owned(),
            test_data: test_data.to_owned(),
            ..TransformerSection::default()
        };
        assert!(is_pairs("data/a.b.jsonl") && !is_pairs("a.jsonl.txt") && !is_pairs(""));
        assert!(section("a.jsonl", "").tests_pairs() && section("", "a.jsonl").tests_pairs());
        assert!(!section("a.jsonl", "a.txt").tests_pairs() && !section("", "").tests_pairs());
    }
}
