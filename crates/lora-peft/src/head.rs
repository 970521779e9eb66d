//! What the model is loaded for, which decides its head and the names of its modules.

use lora_checkpoint::{CheckpointError, Fields};
use serde_json::Value;

/// What stands on top of the model's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// A language model's: next tokens, or masked ones for an encoder.
    Language,
    /// Classes of a sequence.
    Sequence,
    /// Classes of each token.
    Tokens,
    /// The beginning and the end of an answer.
    Spans,
    /// Nothing.
    None,
}

/// PEFT's names of tasks.
const TASKS: [(&str, Head); 5] = [
    ("CAUSAL_LM", Head::Language),
    ("SEQ_CLS", Head::Sequence),
    ("TOKEN_CLS", Head::Tokens),
    ("QUESTION_ANS", Head::Spans),
    ("FEATURE_EXTRACTION", Head::None),
];

/// Parts of the names of transformers' classes.
const ARCHITECTURES: [(&str, Head); 8] = [
    ("ForSequenceClassification", Head::Sequence),
    ("ForTokenClassification", Head::Tokens),
    ("ForQuestionAnswering", Head::Spans),
    ("ForCausalLM", Head::Language),
    ("LMHeadModel", Head::Language),
    ("ForMaskedLM", Head::Language),
    ("ForConditionalGeneration", Head::Language),
    ("Model", Head::None),
];

impl Head {
    /// What PEFT's `task_type` says; none if it is absent.
    pub(crate) fn of_task(fields: &Fields<'_>) -> Result<Option<Self>, CheckpointError> {
        let Some(name) = fields.text("task_type")? else { return Ok(None) };
        let known = TASKS.iter().find(|(task, _)| *task == name);
        known.map(|(_, head)| Some(*head)).ok_or_else(|| {
            let names = TASKS.map(|(task, _)| format!("\"{task}\"")).join(", ");
            fields.refuse("task_type", format!("valid is {names} or null"))
        })
    }

    /// What the first of the base's `architectures` ends in; a language model's if nothing is known.
    pub(crate) fn of_architectures(fields: &Fields<'_>) -> Self {
        let first =
            fields.get("architectures").and_then(Value::as_array).and_then(|all| all.first());
        let name = first.and_then(Value::as_str).unwrap_or_default();
        let known = ARCHITECTURES.iter().find(|(end, _)| name.ends_with(end));
        known.map_or(Self::Language, |(_, head)| *head)
    }

    /// Names of modules that PEFT trains whole for a task, beside those that the config names. A model has
    /// one of them.
    pub(crate) fn saved(self) -> &'static [&'static str] {
        match self {
            Self::Sequence | Self::Tokens => &["classifier", "score"],
            Self::Spans => &["qa_outputs"],
            Self::Language | Self::None => &[],
        }
    }

    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Language => "a language model",
            Self::Sequence => "a classifier of sequences",
            Self::Tokens => "a classifier of tokens",
            Self::Spans => "a model that answers with a span",
            Self::None => "a model without a head",
        }
    }
}
