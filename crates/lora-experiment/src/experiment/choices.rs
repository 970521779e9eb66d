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

/// Distribution of a random factor's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitLaw {
    /// N(0, 1/fan-in), as in the paper.
    FanIn,
    /// PEFT's default: uniform, with variance 1/(3 fan-in).
    Kaiming,
    /// PEFT's `gaussian`: a standard deviation of 1/r.
    Gaussian,
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
