//! The figure of sizes over depth.

use serde::{Deserialize, Serialize};

use crate::rows::kinds::FigureText;

/// A size of one module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerRow {
    /// Which column of panels, counted from 0.
    pub column: usize,
    /// Which row of panels, by its name.
    pub panel: String,
    /// Name in the legend, such as a kind of module; shown as it stands.
    pub series: String,
    /// The number of the layer; what is not finite is left out.
    pub layer: f64,
    /// The size, on a logarithmic axis.
    pub value: f64,
}

/// All of the figure of sizes over depth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayersFigure {
    /// Words around the panels.
    pub text: FigureText,
    /// Name of the horizontal axes; empty gives "layer".
    pub x_label: String,
    /// Titles of the columns, shown as they stand.
    pub columns: Vec<String>,
    /// Names of the rows of panels, from top to bottom, which name their vertical axes.
    pub panels: Vec<String>,
    /// Sizes. Those of a panel or a column that is not named are left out.
    pub rows: Vec<LayerRow>,
}
