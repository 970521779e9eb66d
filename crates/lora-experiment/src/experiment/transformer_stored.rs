//! How `[transformer]` is stored: what is left out, and what decides results.

use toml::{Table, Value};

use super::transformer::{TransformerSection, is_pairs};
use super::usual;

impl TransformerSection {
    /// Keys with their defaults, with which they are left out of files: run keys and kept experiments are
    /// then what they were before there were these keys.
    pub fn later_keys() -> [(&'static str, Value); 24] {
        [
            ("use_rslora", Value::Boolean(false)),
            ("exclude_modules", Value::Array(Vec::new())),
            ("layers_to_transform", Value::Array(Vec::new())),
            ("accumulation", Value::Integer(1)),
            ("rank_pattern", Value::Table(Table::new())),
            ("alpha_pattern", Value::Table(Table::new())),
            ("prompt", Value::String(usual::PROMPT.to_owned())),
            ("answer", Value::String(usual::ANSWER.to_owned())),
            ("learn_prompt", Value::Boolean(false)),
            ("held_out", Value::Integer(0)),
            ("test_every", Value::Integer(0)),
            ("final_data", Value::String(String::new())),
            ("where_to_get", Value::String(String::new())),
            ("pretrain_data", Value::String(String::new())),
            ("pretrain_lr_exponent", Value::Float(0.0)),
            ("base_per_seed", Value::Boolean(false)),
            ("final_task", Value::String("predict".to_owned())),
            ("final_sequences", Value::Integer(0)),
            ("new_tokens", Value::Integer(usual::NEW_TOKENS as i64)),
            ("shots_data", Value::String(String::new())),
            ("shots", Value::Integer(usual::SHOTS as i64)),
            ("text_columns", Value::Array(Vec::new())),
            ("label_column", Value::String(usual::LABEL.to_owned())),
            ("label_names", Value::Array(Vec::new())),
        ]
    }

    /// The keys that decide results, and not where files lie: what is in them is part of an engine's
    /// numerics.
    pub fn without_places(&self) -> Self {
        let nowhere = String::new;
        let usual = Self::default();
        // Of a final test alone they decide no run.
        let prompts = is_pairs(&self.train_data) || is_pairs(&self.test_data);
        let of = |own: &String, usual: String| if prompts { own.clone() } else { usual };
        Self {
            prompt: of(&self.prompt, usual.prompt),
            answer: of(&self.answer, usual.answer),
            checkpoint: nowhere(),
            train_data: nowhere(),
            test_data: nowhere(),
            // The final test decides no run, and what it measures is kept under a digest of what it asks.
            final_data: nowhere(),
            final_task: usual.final_task,
            final_sequences: usual.final_sequences,
            new_tokens: usual.new_tokens,
            shots_data: nowhere(),
            shots: usual.shots,
            where_to_get: nowhere(),
            bases: nowhere(),
            pretrain_data: nowhere(),
            ..self.clone()
        }
    }
}
