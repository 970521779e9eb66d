//! What the keys of `[transformer]` choose between.

use serde::{Deserialize, Serialize};

/// The word for every linear module but the heads.
pub const ALL_LINEAR: &str = "all-linear";

/// What a transformer learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// The next token, by a causal language model.
    NextToken,
    /// The class of a sentence, by an encoder.
    Classify,
}

/// What is asked of the data of the final test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FinalTask {
    /// Classes, or tokens, each from the right tokens before it.
    Predict,
    /// Also that the model writes answers, whose numbers are compared.
    Write,
    /// Which of four letters answers a multiple-choice question.
    Choose,
}

impl FinalTask {
    /// Whether it is the default. It takes a reference for `skip_serializing_if`.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn is_usual(&self) -> bool {
        *self == Self::Predict
    }
}

/// Distribution of a random factor's entries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitLaw {
    /// N(0, 1/fan-in), as in the paper.
    FanIn,
    /// PEFT's default: uniform, with variance 1/(3 fan-in).
    Kaiming,
    /// PEFT's `gaussian`: a standard deviation of 1/r.
    Gaussian,
    /// Normal with this standard deviation, which is written as a plain number.
    #[serde(untagged)]
    Std(f64),
}

/// Modules of a model, as in PEFT's `target_modules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Modules {
    /// By the ends of their names.
    Names(Vec<String>),
    /// By a regular expression for their whole names.
    Pattern(String),
}

impl Modules {
    /// Every linear module but the heads.
    pub fn all_linear() -> Self {
        Self::Names(vec![ALL_LINEAR.to_owned()])
    }

    /// Whether these are [`all_linear`](Self::all_linear).
    pub fn is_all_linear(&self) -> bool {
        matches!(self, Self::Names(names) if matches!(&names[..], [word] if word == ALL_LINEAR))
    }

    /// Whether no module is named. It takes a reference for `skip_serializing_if`.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Names(names) if names.is_empty())
    }
}

/// What the learning rate does behind the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It stays.
    Constant,
    /// It falls to 0 along a line.
    Linear,
    /// It falls to 0 along half a cosine.
    Cosine,
}

/// How weights and learning rates of a pretrained model scale with the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parametrisation {
    /// Fan-in variances and one learning rate.
    Standard,
    /// muP.
    Mup,
}
