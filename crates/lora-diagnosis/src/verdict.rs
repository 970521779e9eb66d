//! The verdicts on an adapter, each with its reason and its limit.

use serde::Serialize;

/// Under Adam at one rate the updates of both factors are of one size. The authors of LoRA+ suggest 16 times the rate
/// for B, and 4 is halfway from 1 to 16 on the logarithmic scale.
pub(crate) const ALIKE: f64 = 4.0;

/// Something that is said of an adapter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding<V> {
    /// What is said.
    pub verdict: V,
    /// Why, with numbers.
    pub because: String,
    /// Where that ends.
    pub limit: String,
}

impl<V> Finding<V> {
    pub(crate) fn new(verdict: V, because: impl Into<String>, limit: impl Into<String>) -> Self {
        Self { verdict, because: because.into(), limit: limit.into() }
    }
}

/// Whether it was trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainedVerdict {
    /// One factor of every module is exactly zero.
    Untrained,
    /// One factor of some modules is.
    Partly,
    /// None is.
    Trained,
}

/// Whether the config's init is that of the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclaredVerdict {
    /// It is.
    Agrees,
    /// It is not.
    Contradicts,
    /// The entries do not tell.
    CannotTell,
}

/// How far the factors moved beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementVerdict {
    /// Within a factor of four.
    Alike,
    /// The one that started at zero moved more than four times as far.
    ZeroStartMore,
    /// Nothing speaks against the start of the one that started random, and the other one moved more than four times
    /// as far as could be overlooked.
    RandomStartStill,
    /// The one that started random moved more than four times as far.
    RandomStartMore,
    /// It cannot be told.
    CannotTell,
}

/// The size of the adapter's output for inputs with an rms of 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputVerdict {
    /// It is exactly zero.
    Nothing,
    /// It is below a hundredth in every module, for every such input.
    HardlyActs,
    /// In between.
    Acts,
    /// It is typically above ten in some module.
    BeyondOrderOne,
}

/// Whether B is trained enough, in the paper's sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BVerdict {
    /// It is not.
    Undertrained,
    /// It looks so: by an estimate, or beside steps of random sign, which a training that has converged resembles.
    LooksUndertrained,
    /// It is.
    Trained,
    /// It cannot be told.
    CannotTell,
}

/// Whether the stated training can have made this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatedVerdict {
    /// It can.
    Possible,
    /// It cannot.
    Contradicted,
    /// No movement is known that could be compared.
    CannotTell,
}
