//! The rows of a figure of traces: one quantity over widths and steps, drawn over either.

use lora_types::{Init, Width};
use serde::{Deserialize, Serialize};

use crate::rows::kinds::FigureText;

/// What the horizontal axes of a figure of traces show; the other one tells its lines apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceAxis {
    /// The width n, on a log axis; a line for each step.
    #[default]
    Width,
    /// The training step; a line for each width.
    Step,
}

/// A row of panels, which share their vertical range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRow {
    /// Name in tables.
    pub key: String,
    /// Name of the vertical axis.
    pub name: String,
}

/// One value, a mean over seeds as the caller defines it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracePoint {
    /// Key of the row of panels.
    pub row: String,
    /// Column of panels.
    pub init: Init,
    /// n.
    pub width: Width,
    /// Updates made so far.
    pub step: u64,
    /// The value itself.
    pub value: f64,
}

/// What is said above a panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceNote {
    /// Key of the row of panels.
    pub row: String,
    /// Column of panels.
    pub init: Init,
    /// The words.
    pub text: String,
}

/// All of a figure of traces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TracesFigure {
    /// Words around the panels.
    pub text: FigureText,
    /// What the horizontal axes show.
    pub over: TraceAxis,
    /// Rows of panels, from above.
    pub rows: Vec<TraceRow>,
    /// Values, in any order.
    pub points: Vec<TracePoint>,
    /// Words above the panels.
    pub notes: Vec<TraceNote>,
}
