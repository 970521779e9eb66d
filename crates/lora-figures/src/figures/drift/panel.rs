//! One panel of local slopes.

use crate::figures::drift::look::{DASHED, Look};
use crate::rows::figures::DriftFigure;
use crate::rows::suite::{DriftLine, DriftRow, band};
use crate::toolkit::axis::{self, Ticks};
use crate::toolkit::bar::{CUT, UPRIGHT};
use crate::toolkit::drawn::DrawnRow;
use crate::toolkit::flags;
use crate::toolkit::numbers::fraction;
use crate::toolkit::page::Page;
use crate::toolkit::palette::INK;
use crate::toolkit::panel::{BELOW, Panel, label_room};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::{Anchor, Type};
use crate::toolkit::style::{DATA_LINE, LABEL, LEADING, MARKER, PANEL_TITLE, TICK};
use crate::toolkit::text;

pub(crate) const PLOT_HEIGHT: f64 = 118.0;
/// Between panels beside each other.
pub(crate) const GAP: f64 = 8.0;
const HEAD: f64 = PANEL_TITLE + 8.0;
/// Distance of the marks of two series at one width.
const ASIDE: f64 = 3.0;
/// Slopes closer than this need no longer axis.
const LEAST_RANGE: f64 = 0.2;
/// Most labels on the vertical axis.
const MOST: usize = 7;

/// Height of a panel with its title and what stands below it.
pub(crate) fn height() -> f64 {
    HEAD + PLOT_HEIGHT + BELOW + 3.0
}

/// A panel's rows.
pub(crate) struct DriftPanel<'a> {
    figure: &'a DriftFigure,
    name: &'a str,
    looks: &'a [Look<'a>],
    /// Whether it is the first of its row, and names the vertical axis.
    first: bool,
    rows: Vec<&'a DriftRow>,
    lines: Vec<&'a DriftLine>,
}

impl<'a> DriftPanel<'a> {
    pub(crate) fn of(
        figure: &'a DriftFigure,
        name: &'a str,
        looks: &'a [Look<'a>],
        first: bool,
    ) -> Self {
        let rows = figure.rows.iter().filter(|r| r.panel == name).collect();
        let lines = figure.lines.iter().filter(|l| l.panel == name).collect();
        Self { figure, name, looks, first, rows, lines }
    }

    /// Draws the panel below `page.y`.
    pub(crate) fn draw(&self, page: &mut Page, left: f64, wide: f64) {
        let ranges = self.ranges();
        let (x, y) = ranges.unwrap_or((Scale::empty(Spacing::Log2), Scale::empty(Spacing::Linear)));
        let y_ticks = ranges.map(|_| axis::exponent_ticks(&y, MOST)).unwrap_or_default();
        let top = page.y + HEAD;
        // The room for the name of the axis is kept in all columns, so that panels are alike.
        let inset = LABEL + 4.0 + label_room(&y_ticks);
        let names = self.lines.iter().map(|l| text::width(&fraction(l.predicted), TICK, false));
        let corner = (left + wide - names.fold(8.0, f64::max) - 4.0, top + PLOT_HEIGHT);
        let panel = Panel::new((left + inset, top), corner, x, y);
        panel.title(&mut page.scene, self.name, 6.0);
        self.bands(page, &panel);
        let x_ticks = ranges.map(|_| axis::binary_ticks(&panel.x)).unwrap_or_default();
        panel.grid(&mut page.scene, &x_ticks, &y_ticks);
        if ranges.is_none() {
            panel.no_data(&mut page.scene);
        }
        self.predictions(page, &panel);
        panel.frame(&mut page.scene, &x_ticks, &y_ticks);
        self.labels(page, &panel, &x_ticks, &y_ticks);
        for index in 0..self.looks.len() {
            self.series(page, &panel, index);
        }
    }

    /// Both axes, unless no slope can be drawn. Wide intervals stretch the vertical one only so far.
    fn ranges(&self) -> Option<(Scale, Scale)> {
        let shown = || self.rows.iter().filter(|r| reason(r).is_empty());
        let x = Scale::over(Spacing::Log2, shown().map(|r| r.width), 0.08)?;
        let lines = self.lines.iter().flat_map(|l| {
            let (low, high) = band(l.predicted, l.tolerance).unwrap_or((l.predicted, l.predicted));
            [low, high]
        });
        let values = shown().map(|r| r.slope).chain(lines);
        let core = Scale::over(Spacing::Linear, values, 0.0)?.widened(LEAST_RANGE);
        let ends = self.rows.iter().flat_map(|r| [r.lower, r.upper]).flatten();
        Some((x, core.stretched(ends, 0.4 * (core.high - core.low)).padded(0.05)))
    }

    fn labels(&self, page: &mut Page, panel: &Panel, x_ticks: &Ticks, y_ticks: &Ticks) {
        let or = |given: &str, usual: &str| {
            if given.is_empty() { usual.to_owned() } else { given.to_owned() }
        };
        let name = panel.x_name(&or(&self.figure.x_label, "width n"));
        panel.x_labels(&mut page.scene, x_ticks, &name);
        panel.y_labels(&mut page.scene, y_ticks);
        if self.first {
            let name = or(&self.figure.y_label, "local slope");
            let name = text::fit(&name, LABEL, false, PLOT_HEIGHT);
            let left = panel.left - label_room(y_ticks) - 4.0;
            let at = (left, (panel.top + panel.bottom) / 2.0);
            page.scene.turned_text(at, Anchor::Middle, &name, Type::new(LABEL, INK));
        }
    }

    fn look(&self, series: &str) -> Option<&Look<'a>> {
        self.looks.iter().find(|look| look.series == series)
    }

    /// Tolerance bands, mixed where two overlap.
    fn bands(&self, page: &mut Page, panel: &Panel) {
        let mut below = Vec::new();
        for line in &self.lines {
            let Some(((low, high), look)) =
                band(line.predicted, line.tolerance).zip(self.look(&line.series))
            else {
                continue;
            };
            let row = DrawnRow::new(self.name, "tolerance", &line.series);
            let ends = panel.x.ends();
            let row = row.at(ends.0, low).to(ends.1, high);
            let inside = |v: f64| panel.y.end_at(v).map(|y| y.clamp(panel.top, panel.bottom));
            let Some((bottom, top)) = inside(low).zip(inside(high)).filter(|_| !self.is_empty())
            else {
                page.drawn.push(row.left_out(NO_SLOPE));
                continue;
            };
            let color = look.color.lighter(0.84);
            let mut fill = |top, bottom, color| {
                page.scene.rect((panel.left, top), (panel.right, bottom), color);
            };
            fill(top, bottom, color);
            for &(other_top, other_bottom, other) in &below {
                let (top, bottom) = (f64::max(top, other_top), f64::min(bottom, other_bottom));
                if top < bottom {
                    fill(top, bottom, color.mix(other, 0.5));
                }
            }
            below.push((top, bottom, color));
            page.drawn.push(row);
        }
    }

    /// Whether no slope of the panel can be drawn.
    fn is_empty(&self) -> bool {
        self.rows.iter().all(|r| !reason(r).is_empty())
    }

    /// Dashed lines, named right of the frame; of two at one height the dashes alternate.
    fn predictions(&self, page: &mut Page, panel: &Panel) {
        let mut names = Vec::new();
        for line in &self.lines {
            let ends = panel.x.ends();
            let words = fraction(line.predicted);
            let row = DrawnRow::new(self.name, "predicted", &line.series).label(&words);
            let row = row.at(ends.0, line.predicted).to(ends.1, line.predicted);
            let Some((y, look)) = panel.y.at(line.predicted).zip(self.look(&line.series)) else {
                page.drawn.push(row.left_out("not finite"));
                continue;
            };
            if self.is_empty() {
                page.drawn.push(row.left_out(NO_SLOPE));
                continue;
            }
            let step = DASHED[0] * (names.len() % 2) as f64;
            let points = [(panel.left + step, y), (panel.right, y)];
            page.scene.dashed(&points, 0.9, look.color, DASHED);
            names.push((y + 0.36 * TICK, words, look.color));
            page.drawn.push(row);
        }
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        let heights = flags::spread(names.iter().map(|n| n.0), TICK * LEADING, panel.bottom);
        for ((_, words, color), y) in names.into_iter().zip(heights) {
            let at = (panel.right + 3.0, y);
            page.scene.text(at, Anchor::Start, &words, Type::new(TICK, color));
        }
    }

    /// Slopes of one series, beside those of the others.
    fn series(&self, page: &mut Page, panel: &Panel, index: usize) {
        let look = self.looks[index];
        let aside = ASIDE * (index as f64 - (self.looks.len() as f64 - 1.0) / 2.0);
        let shifted =
            Panel { x: panel.x.laid(panel.left + aside, panel.right + aside), ..panel.clone() };
        let mut own: Vec<&DriftRow> =
            self.rows.iter().filter(|r| r.series == look.series).copied().collect();
        own.sort_by(|a, b| a.width.total_cmp(&b.width));
        let points: Vec<(f64, f64)> = own.iter().map(|r| (r.width, r.slope)).collect();
        shifted.line(&mut page.scene, &points, 0.6 * DATA_LINE, look.color, look.dash);
        for row in own {
            interval(page, &shifted, row, &look);
            let drawn = DrawnRow::new(self.name, "slope", look.series).at(row.width, row.slope);
            let Some(at) = shifted.at(row.width, row.slope) else {
                page.drawn.push(drawn.left_out(reason(row)));
                continue;
            };
            look.marker.draw(&mut page.scene, at, 0.85 * MARKER, look.color, false);
            page.drawn.push(drawn);
        }
    }
}

const NO_SLOPE: &str = "no slope to draw it by";

fn interval(page: &mut Page, panel: &Panel, row: &DriftRow, look: &Look) {
    if row.lower.is_none() && row.upper.is_none() {
        return;
    }
    let (low, high) = (row.lower.unwrap_or(f64::NAN), row.upper.unwrap_or(f64::NAN));
    let drawn = DrawnRow::new(&row.panel, "interval", look.series);
    let drawn = drawn.at(row.width, low).to(row.width, high);
    let ends = panel.y.end_at(low).zip(panel.y.end_at(high));
    match ends.zip(panel.x.at(row.width)).filter(|_| reason(row).is_empty()) {
        Some((ends, x)) => {
            let cut = UPRIGHT.draw_on(&mut page.scene, x, ends, &panel.y, look.color);
            page.drawn.push(if cut { drawn.note(CUT) } else { drawn });
        }
        None => page.drawn.push(drawn.left_out("no slope, or an end is missing")),
    }
}

/// Why a slope is left out; empty if it is not.
fn reason(row: &DriftRow) -> &'static str {
    if !Spacing::Linear.takes(row.slope) {
        return "not finite";
    }
    crate::toolkit::drawn::reason(row.width, 1.0)
}
