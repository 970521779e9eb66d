//! The rows that callers fill, figure by figure.

use serde::{Deserialize, Serialize};

use lora_types::{Init, Quantity, Regime, Width};

use crate::rows::kinds::LoraFeature;

/// One measured value at one width.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingRow {
    /// Panel.
    pub quantity: Quantity,
    /// Series.
    pub init: Init,
    /// n; an infinite width is drawn at the right end, beyond the widest.
    pub width: Width,
    /// The value itself.
    pub value: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end of its interval.
    pub upper: Option<f64>,
    /// Whether the search enclosed it; if not it is drawn hollow.
    pub bracketed: bool,
}

/// A fitted power law, drawn as `prefactor · n^exponent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitRow {
    /// Panel.
    pub quantity: Quantity,
    /// Series.
    pub init: Init,
    /// Fitted exponent.
    pub exponent: f64,
    /// Lower end of the exponent's interval.
    pub lower: Option<f64>,
    /// Upper end of the exponent's interval.
    pub upper: Option<f64>,
    /// Exponent of the theory as text, such as "−3/4".
    pub predicted: Option<String>,
    /// Value at n = 1.
    pub prefactor: f64,
}

/// A power law that a quantity tends to as n → ∞, drawn as `constant · n^exponent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AsymptoteRow {
    /// Panel.
    pub quantity: Quantity,
    /// Series.
    pub init: Init,
    /// c.
    pub constant: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end of its interval.
    pub upper: Option<f64>,
    /// γ.
    pub exponent: f64,
    /// Whether the search enclosed c; if not its mark is drawn hollow.
    pub bracketed: bool,
}

/// A horizontal line across a panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelRow {
    /// Where it is.
    pub value: f64,
    /// Its name in the legend.
    pub name: String,
}

/// A reference line of a given exponent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuideRow {
    /// Panel.
    pub quantity: Quantity,
    /// The inits that the theory predicts it for, whose colours it gets; none for a line that is no prediction, which is
    /// grey.
    pub predicted: Vec<Init>,
    /// Slope in the log-log panel.
    pub exponent: f64,
    /// Text at the line's end, such as "n^{−1/2}".
    pub text: String,
}

/// One value of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NormRow {
    /// Row of panels.
    pub feature: LoraFeature,
    /// Series.
    pub init: Init,
    /// Column of panels.
    pub width: Width,
    /// Run.
    pub seed: u64,
    /// Training step.
    pub step: u64,
    /// Mean over the training points of the feature's norm.
    pub norm: f64,
}

/// The mean over all seeds at one step, as the caller defines it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NormMeanRow {
    /// Row of panels.
    pub feature: LoraFeature,
    /// Series.
    pub init: Init,
    /// Column of panels.
    pub width: Width,
    /// Training step.
    pub step: u64,
    /// Mean of the seeds' norms.
    pub norm: f64,
}

/// What is said of an init above its column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NormNote {
    /// Series.
    pub init: Init,
    /// Column.
    pub width: Width,
    /// η of the runs.
    pub learning_rate: f64,
    /// Training loss at the end.
    pub final_loss: f64,
    /// Norm of Z_A at the end.
    pub z_a: Option<FinalNorm>,
    /// The same of Z_B.
    pub z_b: Option<FinalNorm>,
}

/// A mean norm after training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinalNorm {
    /// The mean over all seeds.
    pub value: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end of its interval.
    pub upper: Option<f64>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveRow {
    /// Panel.
    pub init: Init,
    /// Curve.
    pub width: Width,
    /// Run.
    pub seed: u64,
    /// η.
    pub learning_rate: f64,
    /// Loss reached; any value for a run that diverged.
    pub loss: f64,
    /// Whether the run diverged; it is then not drawn as a point.
    pub diverged: bool,
}

/// Mean over seeds at one learning rate, as the caller defines it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveMeanRow {
    /// Panel.
    pub init: Init,
    /// Curve.
    pub width: Width,
    /// η.
    pub learning_rate: f64,
    /// Geometric mean of the seeds' losses.
    pub loss: f64,
}

/// The optimum of one curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptimumRow {
    /// Panel.
    pub init: Init,
    /// Curve.
    pub width: Width,
    /// η_opt.
    pub learning_rate: f64,
    /// Loss there.
    pub loss: f64,
    /// Whether the grid encloses it; if not it is drawn hollow.
    pub bracketed: bool,
}

/// One part of a bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseRow {
    /// Which bar, such as "LoRA layer alone"; bars stand in order of appearance, told apart by this and the init.
    pub bar: String,
    /// Init of the bar.
    pub init: Init,
    /// Smaller exponent.
    pub from: f64,
    /// Larger exponent.
    pub to: f64,
    /// What happens between them.
    pub regime: Regime,
    /// What is written on it where there is room: the regime with its reason; its name alone if empty.
    pub words: String,
}

/// An exponent singled out by the theory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalRow {
    /// Which bar.
    pub bar: String,
    /// Init of the bar.
    pub init: Init,
    /// Where it stands.
    pub gamma: f64,
    /// Exact text, such as "−3/4".
    pub text: String,
    /// What it is, such as "largest stable".
    pub name: String,
    /// What happens exactly here; drawn where it is neither neighbour's regime.
    pub regime: Regime,
}

/// A measured exponent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredRow {
    /// Which bar.
    pub bar: String,
    /// Init of the bar.
    pub init: Init,
    /// η_opt or η_stable; the loss is named but has no mark of its own.
    pub quantity: Quantity,
    /// Fitted exponent.
    pub gamma: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end of its interval.
    pub upper: Option<f64>,
}
