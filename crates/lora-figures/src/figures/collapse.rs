//! Curves of several widths, as they are measured and in units in which they fall on one.

use std::path::Path;

use crate::error::FigureError;
use crate::rows::figures::{CollapseFigure, CollapsePanel};
use crate::rows::suite::CollapseRow;
use crate::toolkit::axis::{self, Ticks};
use crate::toolkit::drawn::{DrawnRow, reason};
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::{INK, Rgb, sequential};
use crate::toolkit::panel::{BELOW, Panel, label_room};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::{Anchor, SOLID, Type};
use crate::toolkit::style::{DATA_LINE, LABEL, MARGIN, PANEL_TITLE, Style, THIN};
use crate::toolkit::{text, width_key};
use lora_types::Width;

const PLOT_HEIGHT: f64 = 170.0;
/// Between the panels.
const GAP: f64 = 10.0;

/// Draws two panels: the values as they are, and both axes in the units of the limit.
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn collapse(figure: &CollapseFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &CollapseFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let mut widths: Vec<Width> = figure.rows.iter().map(|row| row.width).collect();
    widths.sort_unstable();
    widths.dedup();
    let top = page.y + PANEL_TITLE + 9.0;
    let key_room = width_key::room(&widths, 8.0);
    let wide = (INNER - key_room) / 2.0;
    let parts = [(Part::raw(), &figure.raw), (Part::scaled(), &figure.scaled)];
    for (place, (of, names)) in parts.into_iter().enumerate() {
        let left = MARGIN + place as f64 * wide;
        let drawing = Drawing { figure, widths: &widths, of, names };
        drawing.draw(&mut page, (left, top), wide - GAP);
    }
    let at = (MARGIN + INNER - key_room + 8.0, top);
    width_key::draw(&mut page.scene, at, PLOT_HEIGHT, &widths);
    page.y = top + PLOT_HEIGHT + BELOW + 2.0;
    page.finish(&figure.text);
    page
}

/// A mean, and the ends of its interval.
type MeanAndEnds = (f64, Option<f64>, Option<f64>);

/// Which of a row's values a panel shows.
#[derive(Clone, Copy)]
struct Part {
    name: &'static str,
    x: fn(&CollapseRow) -> f64,
    y: fn(&CollapseRow) -> MeanAndEnds,
}

impl Part {
    fn raw() -> Self {
        Self { name: "raw", x: |row| row.x, y: |row| (row.y, row.lower, row.upper) }
    }

    fn scaled() -> Self {
        let y = |row: &CollapseRow| {
            let of = |end: f64| end * row.y_unit;
            (of(row.y), row.lower.map(of), row.upper.map(of))
        };
        Self { name: "scaled", x: |row| row.x * row.x_unit, y }
    }
}

struct Drawing<'a> {
    figure: &'a CollapseFigure,
    widths: &'a [Width],
    of: Part,
    names: &'a CollapsePanel,
}

impl Drawing<'_> {
    fn draw(&self, page: &mut Page, (left, top): (f64, f64), wide: f64) {
        let Part { x, y, .. } = self.of;
        let rows = &self.figure.rows;
        let x_scale = Scale::over(Spacing::Log10, rows.iter().map(x), 0.05);
        let ends = rows.iter().flat_map(|row| {
            let (mean, lower, upper) = y(row);
            [Some(mean), lower, upper].into_iter().flatten()
        });
        let y_scale = Scale::over(Spacing::Log10, ends, 0.05);
        let ticks =
            |scale: Option<Scale>| scale.map_or(Ticks::default(), |scale| axis::ticks(&scale));
        let y_ticks = ticks(y_scale);
        let empty = Scale::empty(Spacing::Log10);
        let inset = LABEL + 4.0 + label_room(&y_ticks);
        let corner = (left + wide, top + PLOT_HEIGHT);
        let scales = (x_scale.unwrap_or(empty), y_scale.unwrap_or(empty));
        let panel = Panel::new((left + inset, top), corner, scales.0, scales.1);
        let x_ticks = x_scale.map_or(Ticks::default(), |_| axis::ticks(&panel.x));
        let CollapsePanel { title, x_label, y_label } = self.names;
        panel.title(&mut page.scene, title, 9.0);
        panel.grid(&mut page.scene, &x_ticks, &y_ticks);
        if rows.is_empty() {
            panel.no_data(&mut page.scene);
        }
        for (index, &width) in self.widths.iter().enumerate() {
            self.curve(page, &panel, width, sequential(index, self.widths.len()));
        }
        panel.frame(&mut page.scene, &x_ticks, &y_ticks);
        panel.x_labels(&mut page.scene, &x_ticks, &panel.x_name(x_label));
        panel.y_labels(&mut page.scene, &y_ticks);
        let at = (left + LABEL, top + PLOT_HEIGHT / 2.0);
        let y_name = text::fit(y_label, LABEL, false, PLOT_HEIGHT);
        page.scene.turned_text(at, Anchor::Middle, &y_name, Type::new(LABEL, INK));
    }

    fn curve(&self, page: &mut Page, panel: &Panel, width: Width, color: Rgb) {
        let Part { name, x, y } = self.of;
        let mut rows: Vec<&CollapseRow> =
            self.figure.rows.iter().filter(|row| row.width == width).collect();
        rows.sort_by(|a, b| a.x.total_cmp(&b.x));
        let points: Vec<(f64, f64)> = rows.iter().map(|row| (x(row), y(row).0)).collect();
        panel.line(&mut page.scene, &points, DATA_LINE, color, SOLID);
        for row in rows {
            let (at, (mean, lower, upper)) = (x(row), y(row));
            let drawn = DrawnRow::new(name, "mean", "").width(width).at(at, mean);
            let Some(place) = panel.at(at, mean) else {
                page.drawn.push(drawn.left_out(reason(at, mean)));
                continue;
            };
            page.scene.disc(place, 1.6, color);
            page.drawn.push(drawn);
            if let (Some(lower), Some(upper)) = (lower, upper)
                && let (Some(low), Some(high)) = (panel.at(at, lower), panel.at(at, upper))
            {
                page.scene.line(&[low, high], THIN, color);
                let drawn = DrawnRow::new(name, "interval", "").width(width);
                page.drawn.push(drawn.at(at, lower).to(at, upper));
            }
        }
    }
}
