//! Sizes of modules over the layers of a model: a row of panels for each size, a column for each model, a line for
//! each kind of module.

use std::path::Path;

use crate::error::FigureError;
use crate::rows::layers::{LayerRow, LayersFigure};
use crate::toolkit::axis::{self, Ticks};
use crate::toolkit::drawn::DrawnRow;
use crate::toolkit::legend::{self, Item, Key};
use crate::toolkit::marker::Marker;
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::INK;
use crate::toolkit::palette::{Rgb, sequential};
use crate::toolkit::panel::{BELOW, Panel, distinct, label_room};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::{Anchor, SOLID, Type};
use crate::toolkit::style::{DATA_LINE, LABEL, MARGIN, PANEL_TITLE, Style};
use crate::toolkit::text;

const PLOT_HEIGHT: f64 = 96.0;
/// Between panels beside each other, and below each other.
const GAP: f64 = 12.0;
const HEAD: f64 = PANEL_TITLE + 8.0;
/// Series that are told apart by colour and shape; the others are in the table alone.
const MOST_SERIES: usize = 24;

/// Draws a panel for each size and column.
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn layers(figure: &LayersFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &LayersFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let all = Layout::of(figure);
    page.y += HEAD;
    let last = figure.panels.len().max(1) - 1;
    for index in 0..=last {
        all.row_of_panels(&mut page, index, index == last);
        page.y += PLOT_HEIGHT + GAP;
    }
    page.y += BELOW - GAP + 2.0;
    page.y += legend::flow(&mut page.scene, (MARGIN, page.y), &all.items(), INNER);
    let hidden = all.series.len().saturating_sub(MOST_SERIES);
    if hidden > 0 {
        page.remark(&format!("{hidden} more lines are in the table."));
    }
    all.strangers(&mut page);
    page.finish(&figure.text);
    page
}

/// What the panels share.
struct Layout<'a> {
    figure: &'a LayersFigure,
    series: Vec<&'a str>,
    x: Scale,
    x_ticks: Ticks,
    /// Room for the widest labels of any vertical axis.
    inset: f64,
}

impl<'a> Layout<'a> {
    fn of(figure: &'a LayersFigure) -> Self {
        let series = distinct(figure.rows.iter().map(|row| row.series.as_str()));
        let drawn = figure.rows.iter().filter(|row| reason(row).is_empty());
        let x = Scale::over(Spacing::Linear, drawn.map(|row| row.layer), 0.05);
        let x = x.map(|x| x.widened(1.0));
        let x_ticks = x.map(|x| whole(axis::ticks(&x))).unwrap_or_default();
        let rooms = figure
            .panels
            .iter()
            .map(|panel| scale(figure, panel).map_or(8.0, |y| label_room(&axis::ticks(&y))));
        Self {
            figure,
            series,
            x: x.unwrap_or(Scale::empty(Spacing::Linear)),
            x_ticks,
            inset: LABEL + 6.0 + rooms.fold(8.0, f64::max),
        }
    }

    /// Panels of one size over all columns, with one vertical axis.
    fn row_of_panels(&self, page: &mut Page, index: usize, last: bool) {
        let name = self.figure.panels.get(index).map_or("", String::as_str);
        let y = scale(self.figure, name);
        let y_ticks = y.map(|y| axis::ticks(&y)).unwrap_or_default();
        let count = self.figure.columns.len().max(1);
        let wide = (INNER - self.inset + GAP) / count as f64;
        let top = page.y;
        for column in 0..count {
            let left = MARGIN + self.inset + column as f64 * wide;
            let corner = (left + wide - GAP, top + PLOT_HEIGHT);
            let panel =
                Panel::new((left, top), corner, self.x, y.unwrap_or(Scale::empty(Spacing::Log10)));
            if index == 0 {
                let title = self.figure.columns.get(column).map_or("", String::as_str);
                // Names of folders differ at their ends, and columns lie close.
                let title = text::fit(&text::literal(title), PANEL_TITLE, true, wide - GAP);
                let kind = Type::new(PANEL_TITLE, INK).bold();
                page.scene.text((left, top - 6.0), Anchor::Start, &title, kind);
            }
            panel.grid(&mut page.scene, &self.x_ticks, &y_ticks);
            self.lines(page, &panel, name, column);
            panel.frame(&mut page.scene, &self.x_ticks, &y_ticks);
            if column == 0 {
                panel.y_labels(&mut page.scene, &y_ticks);
                let at = (MARGIN + LABEL, top + PLOT_HEIGHT / 2.0);
                let name = text::fit(name, LABEL, false, PLOT_HEIGHT);
                page.scene.turned_text(at, Anchor::Middle, &name, Type::new(LABEL, INK));
            }
            if last {
                let label =
                    if self.figure.x_label.is_empty() { "layer" } else { &self.figure.x_label };
                // Columns lie closer than an axis's name may reach beyond its frame.
                let label = text::fit(label, LABEL, false, panel.right - panel.left);
                panel.x_labels(&mut page.scene, &self.x_ticks, &label);
            }
        }
    }

    fn lines(&self, page: &mut Page, panel: &Panel, name: &str, column: usize) {
        let own = |row: &&LayerRow| row.column == column && row.panel == name;
        if !self.figure.rows.iter().filter(own).any(|row| reason(row).is_empty()) {
            panel.no_data(&mut page.scene);
        }
        let title = self.figure.columns.get(column).map_or("", String::as_str);
        for (index, series) in self.series.iter().enumerate() {
            let rows = self.figure.rows.iter().filter(own).filter(|row| row.series == *series);
            let mut rows: Vec<&LayerRow> = rows.collect();
            rows.sort_by(|one, other| one.layer.total_cmp(&other.layer));
            let shown: Vec<(f64, f64)> = rows
                .iter()
                .filter(|row| reason(row).is_empty())
                .map(|row| (row.layer, row.value))
                .collect();
            let (color, marker) = self.look(index);
            if index < MOST_SERIES {
                panel.line(&mut page.scene, &shown, 0.7 * DATA_LINE, color, SOLID);
                for at in shown.iter().filter_map(|(x, y)| panel.at(*x, *y)) {
                    marker.draw(&mut page.scene, at, 1.9, color, false);
                }
            }
            for row in rows {
                let drawn =
                    DrawnRow::new(name, "point", series).label(title).at(row.layer, row.value);
                page.drawn.push(match reason(row) {
                    "" if index >= MOST_SERIES => drawn.left_out("too many lines"),
                    "" => drawn,
                    why => drawn.left_out(why),
                });
            }
        }
    }

    /// Rows of which no panel takes note.
    fn strangers(&self, page: &mut Page) {
        let columns = self.figure.columns.len().max(1);
        for row in &self.figure.rows {
            if row.column >= columns || !self.figure.panels.contains(&row.panel) {
                let drawn =
                    DrawnRow::new(&row.panel, "point", &row.series).at(row.layer, row.value);
                page.drawn.push(drawn.left_out("no such panel"));
            }
        }
    }

    fn look(&self, index: usize) -> (Rgb, Marker) {
        let markers = [Marker::Circle, Marker::Diamond, Marker::Triangle, Marker::Star];
        (sequential(index, self.series.len().min(MOST_SERIES)), markers[index % markers.len()])
    }

    fn items(&self) -> Vec<Item> {
        let item = |(index, series): (usize, &&str)| {
            let (color, marker) = self.look(index);
            let name = text::literal(series);
            Item::new(Key::Line { color, dash: SOLID, marker: Some(marker) }, name)
        };
        self.series.iter().take(MOST_SERIES).enumerate().map(item).collect()
    }
}

/// The vertical axis of a row of panels, unless nothing of it can be drawn.
fn scale(figure: &LayersFigure, panel: &str) -> Option<Scale> {
    let rows = figure.rows.iter().filter(|row| row.panel == panel && reason(row).is_empty());
    Scale::over(Spacing::Log10, rows.map(|row| row.value), 0.06)
}

/// Layers have whole numbers.
fn whole(ticks: Ticks) -> Ticks {
    let is_whole = |value: &f64| value.fract() == 0.0 && *value >= 0.0;
    let major: Vec<(f64, String)> =
        ticks.major.into_iter().filter(|(value, _)| is_whole(value)).collect();
    Ticks {
        major: major.into_iter().map(|(value, _)| (value, format!("{value:.0}"))).collect(),
        minor: Vec::new(),
    }
}

/// Why a row is left out; empty if it is not.
fn reason(row: &LayerRow) -> &'static str {
    if !Spacing::Linear.takes(row.layer) {
        return "no layer";
    }
    match row.value {
        value if !value.is_finite() => "not finite",
        value if value <= 0.0 => "not positive on a log axis",
        _ => "",
    }
}
