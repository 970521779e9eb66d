//! The rows that callers fill for the figures of the verification suite.

use lora_types::FeatureRegime;
use serde::{Deserialize, Serialize};

use lora_types::{Verdict, Width};

/// One claim: an exponent, or the logarithm of a ratio, as predicted and as measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerdictRow {
    /// Heading; it is written again wherever it changes from one row to the next.
    pub group: String,
    /// The claim in few words; wrapped to two lines.
    pub label: String,
    /// Measured value.
    pub estimate: Option<f64>,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end of its interval.
    pub upper: Option<f64>,
    /// Interval of the fit with the finite-width correction.
    pub corrected: Option<(f64, f64)>,
    /// Value of the theory.
    pub predicted: f64,
    /// How far from the prediction the claim still holds; zero or not finite for no band.
    pub tolerance: f64,
    /// What the caller concluded.
    pub verdict: Verdict,
}

/// One row of cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChoiceRow {
    /// Heading; it is written again wherever it changes from one row to the next.
    pub group: String,
    /// Name of the row.
    pub label: String,
    /// A cell for each column: the verdict on each finding, none where it was not measured.
    pub cells: Vec<Vec<Option<Verdict>>>,
}

/// One square cell of the theory's map over the two learning-rate exponents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionRow {
    /// Panel, such as "Init\[A\]"; panels stand in order of appearance.
    pub panel: String,
    /// Centre: exponent of the learning rate of A.
    pub gamma_a: f64,
    /// Centre: exponent of the learning rate of B.
    pub gamma_b: f64,
    /// Edge of the cell.
    pub size: f64,
    /// What the theory says happens there.
    pub regime: FeatureRegime,
}

/// One measured point of the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapPoint {
    /// Panel.
    pub panel: String,
    /// Exponent of the learning rate of A.
    pub gamma_a: f64,
    /// Exponent of the learning rate of B.
    pub gamma_b: f64,
    /// What was measured there.
    pub measured: FeatureRegime,
    /// Whether that is what the theory says.
    pub agrees: bool,
    /// Whether the measurement decides; if not the point is drawn hollow, agreeing or not.
    pub decided: bool,
}

/// A named place on the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapMark {
    /// Panel.
    pub panel: String,
    /// Exponent of the learning rate of A.
    pub gamma_a: f64,
    /// Exponent of the learning rate of B.
    pub gamma_b: f64,
    /// Name, such as "LoRA+"; the same name has the same number in all panels.
    pub label: String,
}

/// The slope between two neighbouring widths, or ranks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftRow {
    /// Panel and its title; panels stand in order of appearance.
    pub panel: String,
    /// Name in the legend; those of the inits ("Init\[A\]") get their colours and shapes.
    pub series: String,
    /// Geometric mean of the two widths.
    pub width: f64,
    /// Slope in the log-log plane.
    pub slope: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end of its interval.
    pub upper: Option<f64>,
}

/// The predicted exponent of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftLine {
    /// Panel.
    pub panel: String,
    /// Series.
    pub series: String,
    /// Exponent of the theory.
    pub predicted: f64,
    /// Half the height of the band; zero or not finite for no band.
    pub tolerance: f64,
}

/// One value of one width, with what makes the units of the limit of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CollapseRow {
    /// n, which gives the curve its colour.
    pub width: Width,
    /// Horizontal value, such as a learning rate.
    pub x: f64,
    /// Factor to the scaled horizontal value.
    pub x_unit: f64,
    /// Mean of the vertical value.
    pub y: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end of its interval.
    pub upper: Option<f64>,
    /// Factor to the scaled vertical value.
    pub y_unit: f64,
}

/// The band around a prediction, if it has one.
pub(crate) fn band(predicted: f64, tolerance: f64) -> Option<(f64, f64)> {
    let (low, high) = (predicted - tolerance, predicted + tolerance);
    (tolerance > 0.0 && low.is_finite() && high.is_finite()).then_some((low, high))
}
