//! What is wrong with a study.

use lora_limit::LimitError;
use lora_sim::SimError;
use lora_stats::StatsError;
use lora_theory::Rational;
use lora_types::Init;

use super::ExperimentError;
use crate::numbers::short;
use crate::study::definition::Axis;

/// Why a study cannot be trained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyProblem {
    /// It would train a transformer, of which the theory predicts nothing.
    #[error("model.kind must be \"synthetic\": claims are not about transformers")]
    Transformer,
    /// No inits, or no seeds.
    #[error("needs at least one init and one seed")]
    Empty,
    /// A count out of range.
    #[error("{key} = {value}: must be from {least} to {most}")]
    Count {
        /// The key.
        key: &'static str,
        /// Its value.
        value: u64,
        /// The least that it may be.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A constant of the learning rates that is none.
    #[error("{key} = {}: must be a finite number above 0", short(*.constant))]
    Constant {
        /// The key.
        key: &'static str,
        /// Its value.
        constant: f64,
    },
    /// B's constant where both learning rates are searched.
    #[error("constant_b belongs to given gammas, and this study searches")]
    ConstantOfSearch,
    /// Too many pairs of learning rates.
    #[error("gammas and gammas_b: give {pairs} pairs: must be at most {most}")]
    TooManyPairs {
        /// How many.
        pairs: usize,
        /// The most.
        most: usize,
    },
    /// Too many points and seeds together.
    #[error("at and seeds: give {cells} cells: must be at most {most}")]
    TooManyCells {
        /// How many.
        cells: usize,
        /// The most.
        most: usize,
    },
    /// Both a goal and learning rates, or neither.
    #[error("needs either a goal to search for, or gammas to train at")]
    Rates,
    /// Its settings are no experiment.
    #[error("{0}")]
    Settings(Box<ExperimentError>),
    /// No grid of learning rates can be built.
    #[error(transparent)]
    Grid(#[from] StatsError),
    /// No model can be made at one of its points.
    #[error("at {} = {x}: {source}", letter(*.axis))]
    Model {
        /// What varies.
        axis: Axis,
        /// The point.
        x: usize,
        /// Why.
        source: SimError,
    },
    /// A learning rate that no engine computes with.
    #[error(
        "constant and gammas: at {} = {x} they give η_A = {} and η_B = {}, beyond what 32-bit floats \
         hold",
        letter(*.axis), short(*.lr_a), short(*.lr_b)
    )]
    LearningRates {
        /// What varies.
        axis: Axis,
        /// The point.
        x: usize,
        /// η_A.
        lr_a: f64,
        /// η_B.
        lr_b: f64,
    },
    /// A number of neurons that no quadrature has, or that nothing uses.
    #[error(
        "neurons = {neurons}: must be an even number from 2 to {most}, in a study with a limit"
    )]
    Neurons {
        /// Its value.
        neurons: u64,
        /// The most.
        most: u64,
    },
    /// A limit of something that has none.
    #[error(
        "limit: stands for the whole network over widths at given gammas, without a fault or a \
         multiplier that grows"
    )]
    NotOfLimit,
    /// A setting whose limit nobody solves.
    #[error("limit: under {}: {source}", .init.label())]
    NoLimit {
        /// The init.
        init: Init,
        /// Why.
        source: Box<LimitError>,
    },
    /// A learning rate at which there is no limit.
    #[error("limit: under {} it is at γ = {critical}, and gammas names {gamma}", .init.label())]
    OtherGamma {
        /// The init.
        init: Init,
        /// What the study names.
        gamma: Rational,
        /// What the limit belongs to.
        critical: Rational,
    },
}

fn letter(axis: Axis) -> &'static str {
    match axis {
        Axis::Width => "n",
        Axis::Rank => "r",
    }
}
