//! What each figure is drawn from: its rows, and the words around them.

use serde::{Deserialize, Serialize};

use crate::rows::kinds::FigureText;
use crate::rows::suite::{
    ChoiceRow, CollapseRow, DriftLine, DriftRow, MapMark, MapPoint, RegionRow, VerdictRow,
};
use crate::rows::sweep::{
    AsymptoteRow, CriticalRow, CurveMeanRow, CurveRow, FitRow, GuideRow, LevelRow, MeasuredRow,
    NormMeanRow, NormNote, NormRow, OptimumRow, PhaseRow, ScalingRow,
};

/// All of the figure of loss curves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CurvesFigure {
    /// Words around the panels.
    pub text: FigureText,
    /// Name of the loss on the vertical axis; empty gives "loss".
    pub loss_name: String,
    /// Name of the horizontal axes; empty gives "learning rate η".
    #[serde(default)]
    pub x_label: String,
    /// Symbol of what the horizontal axes show; empty gives "η".
    #[serde(default)]
    pub rate: String,
    /// What is marked on the curves; empty gives "optimum".
    #[serde(default)]
    pub marked: String,
    /// A horizontal line in every panel.
    #[serde(default)]
    pub level: Option<LevelRow>,
    /// Losses above it are drawn as carets at the upper edge, so that near-divergence does not flatten the rest.
    pub loss_ceiling: Option<f64>,
    /// Runs.
    pub runs: Vec<CurveRow>,
    /// Means over seeds.
    pub means: Vec<CurveMeanRow>,
    /// Optima.
    pub optima: Vec<OptimumRow>,
}

/// All of the figure of norms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NormsFigure {
    /// Words around the panels.
    pub text: FigureText,
    /// Values of single seeds, in any order.
    pub rows: Vec<NormRow>,
    /// Means over all seeds.
    pub means: Vec<NormMeanRow>,
    /// How many seeds the means are over.
    pub seeds: usize,
    /// Learning rates, losses and final norms.
    pub notes: Vec<NormNote>,
    /// Name of the horizontal axes; empty gives "training step".
    #[serde(default)]
    pub x_label: String,
    /// What stands before the feature's symbol at the vertical axes; empty gives "mean norm of".
    #[serde(default)]
    pub y_label: String,
}

/// All of the scaling figure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScalingFigure {
    /// Words around the panels.
    pub text: FigureText,
    /// Measured values.
    pub points: Vec<ScalingRow>,
    /// Fitted lines, at most one for each quantity and init.
    pub fits: Vec<FitRow>,
    /// Reference lines.
    pub guides: Vec<GuideRow>,
    /// Power laws of the limit n → ∞, with a mark at an infinite width.
    #[serde(default)]
    pub asymptotes: Vec<AsymptoteRow>,
}

/// All of the summary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhasesFigure {
    /// Words around the bars.
    pub text: FigureText,
    /// Bars, in order.
    pub phases: Vec<PhaseRow>,
    /// Theory.
    pub critical: Vec<CriticalRow>,
    /// Measurement; rows of a bar that has no phase are left out.
    pub measured: Vec<MeasuredRow>,
}

/// All of the figure of local slopes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriftFigure {
    /// Words around the panels.
    pub text: FigureText,
    /// Name of the horizontal axes, cut to a panel's width; empty gives "width n".
    pub x_label: String,
    /// Name of the vertical axes; empty gives "local slope".
    pub y_label: String,
    /// Slopes.
    pub rows: Vec<DriftRow>,
    /// Predictions.
    pub lines: Vec<DriftLine>,
}

/// The words of one panel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CollapsePanel {
    /// Title.
    pub title: String,
    /// Name of the horizontal axis.
    pub x_label: String,
    /// Name of the vertical axis.
    pub y_label: String,
}

/// All of the figure of curves that fall on one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CollapseFigure {
    /// Words around the panels.
    pub text: FigureText,
    /// The panel of the values as they are.
    pub raw: CollapsePanel,
    /// The panel in scaled units.
    pub scaled: CollapsePanel,
    /// Values.
    pub rows: Vec<CollapseRow>,
}

/// All of the map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoraPlusFigure {
    /// Words around the panels.
    pub text: FigureText,
    /// The theory's cells.
    pub regions: Vec<RegionRow>,
    /// Measured points.
    pub points: Vec<MapPoint>,
    /// Named places.
    pub marks: Vec<MapMark>,
}

/// All of the figure of findings under many choices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChoicesFigure {
    /// Words around the cells.
    pub text: FigureText,
    /// What the columns are, written above the names of rows.
    pub columns_name: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Names of the findings, in the order of a cell's squares.
    pub findings: Vec<String>,
    /// Rows of cells, drawn in this order.
    pub rows: Vec<ChoiceRow>,
}

/// All of the figure of verdicts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VerdictsFigure {
    /// Words around the rows.
    pub text: FigureText,
    /// Name of the horizontal axis; empty gives "exponent".
    pub x_label: String,
    /// Ends of the horizontal axis; if not given, all predictions are shown and what is measured near them.
    pub x_range: Option<(f64, f64)>,
    /// Claims, drawn in this order.
    pub rows: Vec<VerdictRow>,
}
