//! The schema of `summary.json`. Stable: keys are added, never renamed, and `schema` counts breaks.

use std::collections::BTreeMap;

use lora_constants::LimitSummary;
use lora_stats::Agreement;
use lora_types::{Init, Verdict};
use serde::{Deserialize, Serialize};

use crate::inits::Bound;

/// Results of a sweep. Everything is a pure function of the measurements and the theory; times
/// and machines are in the manifests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Version of this schema.
    pub schema: u32,
    /// Short name of the experiment.
    pub experiment: String,
    /// Its title.
    pub title: String,
    /// Whether the sizes are the quick ones.
    pub quick: bool,
    /// Confidence level of all intervals.
    pub level: f64,
    /// By init: "A", "B", "AB".
    pub inits: BTreeMap<Init, InitSummary>,
    /// What the paper says of the two inits, by width; none where only one of them was trained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<StatementSummary>,
    /// The coordinate check; absent unless `figures.coordinates_lr` asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<CoordinateSummary>,
    /// The limit n → ∞; absent unless it is one of the widths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitSummary>,
    /// Reasons to doubt a number.
    pub warnings: Vec<String>,
}

/// How features go with the width at η = c (n/n_0)^γ, and how far apart loss curves are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoordinateSummary {
    /// c, the learning rate at the smallest width.
    pub lr: f64,
    /// Its position on the search grid, the same at every width.
    pub lr_index: i64,
    /// n_0.
    pub smallest_width: usize,
    /// By init, feature and step.
    pub features: Vec<FeatureSummary>,
    /// By init and pair of neighbouring widths.
    pub loss_gaps: Vec<LossGapSummary>,
}

/// The slope of ln(rms of a feature) against ln n after one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureSummary {
    /// The initialisation.
    pub init: Init,
    /// The column of `trajectories.csv`.
    pub feature: String,
    /// Updates made so far.
    pub step: usize,
    /// γ as an exact fraction.
    pub gamma: String,
    /// The slope; null if fewer than two widths could be used.
    pub exponent: Option<f64>,
    /// Lower end of its interval; null with a single seed.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Widths in the fit.
    pub widths_used: Vec<usize>,
    /// The theory's exponent as an exact fraction, after the last step.
    pub predicted_exact: Option<String>,
    /// Where there is none: "no prediction, because …".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_prediction: Option<String>,
    /// What the interval says about the prediction.
    pub agreement: Agreement,
    /// Whether the interval of the slope lies within `flat_within` of 0.
    pub flat: Verdict,
    /// How far from 0 the slope of a flat feature may be. The key is absent where it is [`FLAT_WITHIN`].
    #[serde(default = "usual_tolerance", skip_serializing_if = "is_usual_tolerance")]
    pub flat_within: f64,
    /// Why.
    pub why: String,
}

/// How far from 0 a slope may be and still be flat, unless the theory's exponent asks for less. It is half the distance
/// from 0 to the nearest other multiple of 1/4, which the theory's exponents are at the usual γ; where it predicts
/// nothing, it is our choice.
pub const FLAT_WITHIN: f64 = 0.125;

fn usual_tolerance() -> f64 {
    FLAT_WITHIN
}

/// It takes a reference for `skip_serializing_if`.
fn is_usual_tolerance(tolerance: &f64) -> bool {
    *tolerance == FLAT_WITHIN
}

/// The distance of two loss curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossGapSummary {
    /// The initialisation.
    pub init: Init,
    /// The smaller width.
    pub from: usize,
    /// The next larger one.
    pub to: usize,
    /// Root of the mean square over recorded steps of the logarithm of the ratio of the two losses, each over its
    /// first; null where a run diverged.
    pub gap: Option<f64>,
}

/// A statement of the paper about the two inits at one width, paired by seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementSummary {
    /// n.
    pub width: usize,
    /// Its short name.
    pub statement: String,
    /// In words, with the ratio that it is about.
    pub says: String,
    /// Geometric mean over seeds of that ratio; null if some seed has none.
    pub ratio: Option<f64>,
    /// Where some seed's ratio is not known: on which side of this number it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Seeds that both inits have.
    pub seeds: usize,
    /// Whether the ratio is above 1.
    pub verdict: Verdict,
    /// Why.
    pub why: String,
}

/// Results of one initialisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InitSummary {
    /// Exponent of the learning rate with the best score.
    pub eta_opt: ExponentSummary,
    /// Exponent of the largest learning rate whose Z_B stays under the bound.
    pub eta_stable: ExponentSummary,
    /// Results at each width.
    pub widths: Vec<WidthSummary>,
}

/// A fitted exponent γ in η = c n^γ beside the predicted one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExponentSummary {
    /// γ; null if fewer than two widths could be used.
    pub exponent: Option<f64>,
    /// Lower end of its interval; null with a single seed.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// The theory's γ; null where it has none.
    pub predicted: Option<f64>,
    /// The same as an exact fraction.
    pub predicted_exact: Option<String>,
    /// Where the theory has none: "no prediction, because …". The key is absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_prediction: Option<String>,
    /// What the interval says about the prediction; older summaries lack it.
    #[serde(default)]
    pub agreement: Agreement,
    /// Why no exponent describes these widths, and where the local slope is heading; null unless
    /// the points are shown to lie on no power law.
    #[serde(default)]
    pub not_a_power_law: Option<String>,
    /// c.
    pub prefactor: Option<f64>,
    /// Widths in the fit.
    pub widths_used: Vec<usize>,
    /// Widths left out because the learning rate of some seed was not bracketed.
    pub excluded_widths: Vec<usize>,
    /// Number of seeds.
    pub seeds: usize,
    /// γ between neighbouring widths of the fit.
    pub local_slopes: Vec<SlopeSummary>,
}

/// The exponent between two neighbouring widths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlopeSummary {
    /// Smaller width.
    pub from: usize,
    /// Larger width.
    pub to: usize,
    /// ln(η_to/η_from) / ln(to/from).
    pub slope: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}

/// Results at one width; means over seeds are geometric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WidthSummary {
    /// n.
    pub width: usize,
    /// Learning rate with the best score.
    pub eta_opt: LrSummary,
    /// Learning rates whose score is within the tolerance of the best.
    pub basin: BasinSummary,
    /// Largest learning rate whose Z_B stays under the bound.
    pub eta_stable: LrSummary,
    /// Best score.
    pub loss: ValueSummary,
    /// Held-out loss there.
    pub test_loss: ValueSummary,
    /// rms of Z_A after training at the optimum.
    pub za_rms: ValueSummary,
    /// rms of Z_B there.
    pub zb_rms: ValueSummary,
    /// Norm of Z_A there, averaged over training samples.
    pub za_norm: ValueSummary,
    /// Norm of Z_B there, averaged over training samples.
    pub zb_norm: ValueSummary,
    /// Runs at this width that diverged.
    pub diverged_runs: usize,
    /// Runs at this width.
    pub runs: usize,
}

/// A learning rate found by the search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LrSummary {
    /// Geometric mean over seeds; null if no seed has one. Where `bracketed` is false, it is where
    /// the search ended, which is only a bound.
    pub value: Option<f64>,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Whether every seed has it inside the sampled learning rates.
    pub bracketed: bool,
    /// Seeds whose reading is a grid point and not an interpolation.
    pub at_grid_point: usize,
}

/// A basin; ends are geometric means over seeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BasinSummary {
    /// Its lower end.
    pub lower: Option<f64>,
    /// Its upper end.
    pub upper: Option<f64>,
    /// Whether both ends were seen for every seed.
    pub complete: bool,
}

/// A positive quantity over seeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ValueSummary {
    /// Geometric mean; null if some seed has none.
    pub value: Option<f64>,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}
