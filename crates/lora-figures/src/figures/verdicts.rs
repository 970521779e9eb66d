//! Claims one below the other: what was predicted, what was measured, and the verdict.

pub(crate) mod line;

use std::path::Path;

use crate::error::FigureError;
use crate::figures::verdicts::line::{Columns, Line};
use crate::rows::figures::VerdictsFigure;
use crate::rows::suite::{VerdictRow, band};
use crate::toolkit::axis::{self, Ticks};
use crate::toolkit::bar::CUT;
use crate::toolkit::legend::{self, Item, Key};
use crate::toolkit::marker::Marker;
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::{CORRECTED, GREY_TEXT, GRID, INK, TOLERANCE, verdict_color};
use crate::toolkit::panel::{BELOW, Panel};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::{Anchor, SOLID, Scene, Type};
use crate::toolkit::style::{LABEL, MARGIN, Style, THIN};
use crate::toolkit::text;
use lora_types::Verdict;

const HEADING: f64 = 15.0;
/// Exponents closer than this need no wider axis.
const LEAST_RANGE: f64 = 0.5;

/// Draws a line for each claim, under the headings of their groups; the height grows with the rows.
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn verdicts(figure: &VerdictsFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &VerdictsFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let range = range(figure);
    let columns = Columns::of(&figure.rows, range.unwrap_or(Scale::empty(Spacing::Linear)));
    if figure.rows.is_empty() {
        let (empty, corner) = (columns.plot, (MARGIN + INNER, page.y + 60.0));
        Panel::new((MARGIN, page.y), corner, empty, empty).no_data(&mut page.scene);
        page.y += 60.0;
        page.finish(&figure.text);
        return page;
    }
    columns.names(&mut page);
    let room = columns.plot.to - columns.plot.from;
    let ticks = range.map(|_| axis::exponent_ticks(&columns.plot, (room / 22.0) as usize));
    let ticks = ticks.unwrap_or_default();
    let mut group = "";
    for (index, row) in figure.rows.iter().enumerate() {
        if row.group != group {
            group = &row.group;
            heading(&mut page, group);
        }
        let line = Line::of(row, index, &columns);
        let bottom = page.y + line.height();
        grid(&mut page.scene, &columns.plot, &ticks, (page.y, bottom));
        line.draw(&mut page);
        page.y = bottom;
    }
    if range.is_some() {
        x_axis(&mut page, &columns.plot, &ticks, &figure.x_label);
    }
    let cut = page.drawn.iter().any(|row| row.note == CUT);
    page.y += legend::flow(&mut page.scene, (MARGIN, page.y), &items(figure, cut), INNER);
    page.finish(&figure.text);
    page
}

/// Predictions with their tolerance, then estimates and intervals, each only so far beyond.
fn range(figure: &VerdictsFigure) -> Option<Scale> {
    let over = |values: Vec<f64>| Scale::over(Spacing::Linear, values, 0.0);
    if let Some((low, high)) = figure.x_range.filter(|r| r.0.is_finite() && r.1.is_finite()) {
        return over(vec![low, high]);
    }
    let rows = figure.rows.iter();
    let predicted = rows.clone().flat_map(|r| {
        let band =
            band(r.predicted, r.tolerance).map_or([r.predicted; 2], |(low, high)| [low, high]);
        [r.predicted, band[0], band[1]]
    });
    let estimates: Vec<f64> = rows.clone().filter_map(|r| r.estimate).collect();
    let ends = rows.flat_map(|r| {
        let (low, high) = r.corrected.unzip();
        [r.lower, r.upper, low, high].into_iter().flatten()
    });
    let core = over(predicted.collect()).or_else(|| over(estimates.clone()))?.widened(LEAST_RANGE);
    let near = core.stretched(estimates, 2.0 * (core.high - core.low).max(1.0));
    // A wide interval says little, and must not squeeze the narrow ones.
    Some(near.stretched(ends, 0.15 * (near.high - near.low)).padded(0.03))
}

fn heading(page: &mut Page, group: &str) {
    page.y += HEADING;
    let words = text::fit(group, LABEL, true, INNER);
    let at = (MARGIN, page.y - 4.0);
    page.scene.text(at, Anchor::Start, &words, Type::new(LABEL, INK).bold());
}

/// Grid behind one row, and a line across the page above it.
fn grid(scene: &mut Scene, plot: &Scale, ticks: &Ticks, (top, bottom): (f64, f64)) {
    for x in ticks.major.iter().filter_map(|(v, _)| plot.at(*v)) {
        scene.line(&[(x, top), (x, bottom)], THIN, GRID);
    }
    scene.line(&[(MARGIN, top), (MARGIN + INNER, top)], THIN, GRID);
}

fn x_axis(page: &mut Page, plot: &Scale, ticks: &Ticks, name: &str) {
    let y = page.y + 3.0;
    let flat = Scale::empty(Spacing::Linear);
    let panel = Panel::new((plot.from, y), (plot.to, y), *plot, flat);
    panel.frame(&mut page.scene, ticks, &Ticks::default());
    let name = if name.is_empty() { "exponent" } else { name };
    panel.x_labels(&mut page.scene, ticks, &panel.x_name(name));
    page.y = y + BELOW + 3.0;
}

fn items(figure: &VerdictsFigure, cut: bool) -> Vec<Item> {
    let has = |test: &dyn Fn(&VerdictRow) -> bool| figure.rows.iter().any(test);
    let mut items = Vec::new();
    if has(&|r| r.predicted.is_finite()) {
        let key = Key::Point { color: INK, marker: Marker::Diamond, hollow: true };
        items.push(Item::new(key, "predicted"));
    }
    if has(&|r| band(r.predicted, r.tolerance).is_some()) {
        items.push(Item::new(Key::Area { color: TOLERANCE, hatched: false }, "tolerance"));
    }
    for kind in Verdict::ALL {
        if has(&|r| r.verdict == kind && r.estimate.is_some_and(|v| !v.is_nan())) {
            let (color, hollow) = (verdict_color(kind), kind == Verdict::Undecided);
            let key = Key::Point { color, marker: Marker::Circle, hollow };
            items.push(Item::new(key, format!("measured: {}", kind.name())));
        }
    }
    if has(&|r| r.corrected.is_some_and(|(a, b)| !a.is_nan() && !b.is_nan())) {
        let key = Key::Line { color: CORRECTED, dash: SOLID, marker: None };
        items.push(Item::new(key, "interval with the finite-width correction"));
    }
    if cut {
        items.push(Item::new(Key::Arrow { color: GREY_TEXT }, "goes on beyond the axis"));
    }
    items
}
