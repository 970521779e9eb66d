//! Sizes shared by all figures. Lengths are in points of the figure.

/// Width of every figure in points (17.6 cm): the text width of a page.
pub const FIGURE_WIDTH: f64 = 500.0;

/// How finely the PNG is drawn. The layout does not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Pixels of the PNG per point; 4 gives 2000 pixels across.
    pub png_scale: u32,
    /// Each PNG pixel is the mean of this many squared: smooth edges at the cost of time.
    pub oversample: u32,
}

impl Default for Style {
    fn default() -> Self {
        Self { png_scale: 4, oversample: 3 }
    }
}

/// Integer SVG units per point, since the drawing library has whole coordinates only.
pub(crate) const SVG_UNITS: u32 = 20;

pub(crate) const MARGIN: f64 = 8.0;
pub(crate) const TITLE: f64 = 10.0;
pub(crate) const PANEL_TITLE: f64 = 8.0;
pub(crate) const LABEL: f64 = 7.4;
pub(crate) const TICK: f64 = 6.8;
pub(crate) const CAPTION: f64 = 6.6;
pub(crate) const LEADING: f64 = 1.4;

pub(crate) const THIN: f64 = 0.5;
pub(crate) const DATA_LINE: f64 = 1.2;
pub(crate) const MARKER: f64 = 2.7;
