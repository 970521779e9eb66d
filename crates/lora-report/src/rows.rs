//! Rows that the scripts draw, and the verdicts.

use lora_types::{Init, Width};
use serde::Serialize;

use crate::names::{label, labels};
use crate::numbers::{short, short_list, short_option};

/// What the explorer draws.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Explorer {
    /// Initialisations, in the order of the controls.
    #[serde(serialize_with = "labels")]
    pub inits: Vec<Init>,
    /// Widths, ascending.
    pub widths: Vec<Width>,
    /// What `values` of runs and means hold, in order.
    pub run_quantities: Vec<Named>,
    /// One a run; empty where there were too many to embed.
    pub runs: Vec<PageRun>,
    /// Geometric means at the learning rates that every seed sampled.
    pub means: Vec<MeanRow>,
    /// Losses above this are marked at the top edge, so that those that matter can be told apart.
    #[serde(serialize_with = "short_option")]
    pub loss_ceiling: Option<f64>,
    /// The best learning rates.
    pub optima: Vec<PageOptimum>,
    /// What `values` of steps hold, in order.
    pub step_quantities: Vec<Named>,
    /// Trajectories; empty where the run left none.
    pub steps: Vec<StepCurve>,
    /// What can be drawn against width.
    pub scaling_quantities: Vec<Named>,
    /// Points against width.
    pub scaling: Vec<ScalingPoint>,
    /// Lines through them.
    pub lines: Vec<ScalingLine>,
    /// What was left out of the data, in sentences.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// A quantity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Named {
    /// Its key.
    pub key: String,
    /// Its name, subscripts in braces: `rms Z_{A}`.
    pub name: String,
}

/// One run at the end of training.
#[derive(Clone, Debug, Serialize)]
pub struct PageRun {
    /// The initialisation.
    #[serde(serialize_with = "label")]
    pub init: Init,
    /// n.
    pub n: Width,
    /// Seed.
    pub seed: u64,
    /// η.
    #[serde(serialize_with = "short")]
    pub lr: f64,
    /// The step at which it diverged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diverged: Option<usize>,
    /// Values, in the order of the quantities.
    #[serde(serialize_with = "short_list")]
    pub values: Vec<Option<f64>>,
}

/// Means over seeds at one learning rate.
#[derive(Clone, Debug, Serialize)]
pub struct MeanRow {
    /// The initialisation.
    #[serde(serialize_with = "label")]
    pub init: Init,
    /// n.
    pub n: Width,
    /// η.
    #[serde(serialize_with = "short")]
    pub lr: f64,
    /// Values, in the order of the quantities.
    #[serde(serialize_with = "short_list")]
    pub values: Vec<Option<f64>>,
}

/// The learning rate with the best score.
#[derive(Clone, Debug, Serialize)]
pub struct PageOptimum {
    /// The initialisation.
    #[serde(serialize_with = "label")]
    pub init: Init,
    /// n.
    pub n: Width,
    /// η_opt.
    #[serde(serialize_with = "short")]
    pub lr: f64,
    /// The best score.
    #[serde(serialize_with = "short")]
    pub score: f64,
    /// Whether the optimum of some seed lies on the edge of the sampled rates, which makes this a
    /// bound.
    pub bound: bool,
}

/// One init and width over training, each seed at its own best learning rate.
#[derive(Clone, Debug, Serialize)]
pub struct StepCurve {
    /// The initialisation.
    #[serde(serialize_with = "label")]
    pub init: Init,
    /// n.
    pub n: Width,
    /// Seeds in the means.
    pub seeds: usize,
    /// Seeds in all. A seed whose runs all diverged has no best learning rate and is not in the
    /// means.
    pub of: usize,
    /// Geometric mean of their learning rates.
    #[serde(serialize_with = "short")]
    pub lr: f64,
    /// Updates made so far.
    pub steps: Vec<usize>,
    /// A curve a quantity.
    pub values: Vec<StepValues>,
}

/// One quantity over steps.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StepValues {
    /// Geometric mean over seeds; null where some seed has no positive value.
    #[serde(serialize_with = "short_list")]
    pub mean: Vec<Option<f64>>,
    /// The lowest seed.
    #[serde(serialize_with = "short_list")]
    pub low: Vec<Option<f64>>,
    /// The highest.
    #[serde(serialize_with = "short_list")]
    pub high: Vec<Option<f64>>,
}

/// A value at one width.
#[derive(Clone, Debug, Serialize)]
pub struct ScalingPoint {
    /// Key of the quantity.
    pub quantity: String,
    /// The initialisation.
    #[serde(serialize_with = "label")]
    pub init: Init,
    /// n.
    pub n: Width,
    /// The value.
    #[serde(serialize_with = "short")]
    pub value: f64,
    /// Lower end of its interval.
    #[serde(serialize_with = "short_option")]
    pub lower: Option<f64>,
    /// Upper end.
    #[serde(serialize_with = "short_option")]
    pub upper: Option<f64>,
    /// Whether it is only a bound.
    pub bound: bool,
}

/// A power law: `prefactor` n^`exponent`.
#[derive(Clone, Debug, Serialize)]
pub struct ScalingLine {
    /// Key of the quantity.
    pub quantity: String,
    /// The initialisation.
    #[serde(serialize_with = "label")]
    pub init: Init,
    /// The fitted exponent.
    #[serde(serialize_with = "short")]
    pub exponent: f64,
    /// The fitted prefactor.
    #[serde(serialize_with = "short")]
    pub prefactor: f64,
    /// The predicted exponent.
    #[serde(serialize_with = "short_option")]
    pub predicted: Option<f64>,
    /// The same, exact.
    pub predicted_exact: Option<String>,
}
