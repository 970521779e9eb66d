//! Why the theory cannot be asked.

use lora_theory::{Factor, TheoryError, Trained};

/// A question that contradicts itself, or that the calculus cannot answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PredictError {
    /// γ was given although both learning rates are fixed.
    #[error("γ has nothing to set, since every learning rate is fixed")]
    NothingFollowsGamma,
    /// A ratio of learning rates was given although one factor alone trains.
    #[error("a ratio compares η_B with η_A, but {trained} trains")]
    RatioOfOne {
        /// What trains.
        trained: Trained,
    },
    /// A learning rate was given of a factor that does not train.
    #[error("η_{factor} is the learning rate of {factor}, but {trained} trains")]
    RateOfUntrained {
        /// The factor.
        factor: Factor,
        /// What trains.
        trained: Trained,
    },
    /// The calculus refuses the setting.
    #[error(transparent)]
    Theory(#[from] TheoryError),
}
