//! Local slopes against width, which drift where widths are not asymptotic yet.

pub(crate) mod look;
pub(crate) mod panel;

use std::path::Path;

use crate::error::FigureError;
use crate::figures::drift::look::{DASHED, Look, looks};
use crate::figures::drift::panel::{DriftPanel, GAP, height};
use crate::rows::figures::DriftFigure;
use crate::toolkit::bar::CUT;
use crate::toolkit::legend::{self, Item, Key};
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::{GREY_TEXT, TOLERANCE};
use crate::toolkit::panel::distinct;
use crate::toolkit::style::{MARGIN, Style};

/// Draws a panel for each quantity, up to three beside each other.
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn drift(figure: &DriftFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &DriftFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let looks = looks(figure);
    let panels = panels(figure);
    // Four panels look better two by two.
    let columns = if panels.len() == 4 { 2 } else { panels.len().clamp(1, 3) };
    let wide = (INNER + GAP) / columns as f64;
    for row in panels.chunks(columns) {
        for (column, name) in row.iter().enumerate() {
            let left = MARGIN + column as f64 * wide;
            let part = DriftPanel::of(figure, name, &looks, column == 0);
            part.draw(&mut page, left, wide - GAP);
        }
        page.y += height();
    }
    page.y += 2.0;
    let cut = page.drawn.iter().any(|row| row.note == CUT);
    let items = items(figure, &looks, cut);
    page.y += legend::flow(&mut page.scene, (MARGIN, page.y), &items, INNER);
    page.finish(&figure.text);
    page
}

/// Panels in order of appearance; without any, an empty one.
fn panels(figure: &DriftFigure) -> Vec<&str> {
    let rows = figure.rows.iter().map(|r| r.panel.as_str());
    let names = distinct(rows.chain(figure.lines.iter().map(|l| l.panel.as_str())));
    if names.is_empty() { vec![""] } else { names }
}

fn items(figure: &DriftFigure, looks: &[Look], cut: bool) -> Vec<Item> {
    let series = looks.iter().map(|look| {
        let marker = Some(look.marker);
        Item::new(Key::Line { color: look.color, dash: look.dash, marker }, look.series)
    });
    let mut items: Vec<Item> = series.collect();
    if figure.lines.iter().any(|l| l.predicted.is_finite()) {
        let key = Key::Line { color: GREY_TEXT, dash: DASHED, marker: None };
        items.push(Item::new(key, "predicted"));
    }
    if figure.lines.iter().any(|l| l.tolerance.is_finite() && l.tolerance > 0.0) {
        items.push(Item::new(Key::Area { color: TOLERANCE, hatched: false }, "tolerance"));
    }
    if cut {
        items.push(Item::new(Key::Arrow { color: GREY_TEXT }, "interval goes on beyond the axis"));
    }
    items
}
