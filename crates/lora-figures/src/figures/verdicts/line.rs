//! One claim of the figure of verdicts, and the columns that all claims share.

use crate::rows::suite::{VerdictRow, band};
use crate::toolkit::bar::{Bar, CUT, LYING, LYING_THIN};
use crate::toolkit::drawn::DrawnRow;
use crate::toolkit::marker::Marker;
use crate::toolkit::numbers::{fixed, fraction};
use crate::toolkit::page::Page;
use crate::toolkit::palette::{CORRECTED, GREY_TEXT, INK, Rgb, TOLERANCE, WHITE, verdict_color};
use crate::toolkit::scale::Scale;
use crate::toolkit::scene::{Anchor, Type};
use crate::toolkit::style::{CAPTION, FIGURE_WIDTH, MARGIN, TICK};
use crate::toolkit::text;
use lora_types::Verdict;

/// Widest column of claims, and of numbers.
const LABEL_ROOM: f64 = 152.0;
const NUMBER_ROOM: f64 = 96.0;
const GAP: f64 = 8.0;
const LEAST_HEIGHT: f64 = 13.0;
const LINE: f64 = 8.4;
const NO_MEASUREMENT: &str = "no measurement";
const NAMES: [&str; 3] = ["predicted", "measured", "verdict"];

/// Where things stand from left to right: claims, axis, predictions, measurements, verdicts.
pub(crate) struct Columns {
    /// Room for the claims.
    label: f64,
    pub plot: Scale,
    /// Starts of the columns right of the axis, each with its room.
    texts: [(f64, f64); 3],
}

impl Columns {
    /// As wide as the rows need, the rest left to the axis.
    pub(crate) fn of(rows: &[VerdictRow], range: Scale) -> Self {
        let widest = |words: &mut dyn Iterator<Item = String>, least: &str| {
            let least = text::width(least, CAPTION, false);
            words.map(|w| text::width(&w, TICK, false)).fold(least, f64::max)
        };
        let label = widest(&mut rows.iter().map(|r| r.label.clone()), "").min(LABEL_ROOM);
        let rooms = [
            widest(&mut rows.iter().map(predicted), NAMES[0]).min(NUMBER_ROOM / 2.0),
            widest(&mut rows.iter().map(measured), NAMES[1]).min(NUMBER_ROOM),
            rows.iter()
                .map(|row| text::width(row.verdict.name(), TICK, true))
                .fold(text::width("undecided", TICK, true), f64::max),
        ];
        let mut end = FIGURE_WIDTH - MARGIN;
        let mut texts = [(0.0, 0.0); 3];
        for (text, room) in texts.iter_mut().zip(rooms).rev() {
            *text = (end - room, room);
            end -= room + GAP;
        }
        Self { label, plot: range.laid(MARGIN + label + GAP, end), texts }
    }

    /// Names above the columns of text.
    pub(crate) fn names(&self, page: &mut Page) {
        page.y += CAPTION + 4.0;
        for ((left, _), name) in self.texts.iter().zip(NAMES) {
            let at = (*left, page.y - 3.0);
            page.scene.text(at, Anchor::Start, name, Type::new(CAPTION, GREY_TEXT));
        }
    }
}

fn predicted(row: &VerdictRow) -> String {
    fraction(row.predicted)
}

/// The measurement in numbers, as far as there is one.
fn measured(row: &VerdictRow) -> String {
    let estimate = row.estimate.filter(|v| !v.is_nan()).map(|v| fixed(v, 2));
    let interval = ends(row).map(|(low, high)| format!("[{}, {}]", fixed(low, 2), fixed(high, 2)));
    let parts: Vec<String> = [estimate, interval].into_iter().flatten().collect();
    if parts.is_empty() { NO_MEASUREMENT.to_owned() } else { parts.join(" ") }
}

/// The interval; an end may lie at infinity.
fn ends(row: &VerdictRow) -> Option<(f64, f64)> {
    row.lower.zip(row.upper).filter(|(low, high)| !low.is_nan() && !high.is_nan())
}

/// A claim at its place.
pub(crate) struct Line<'a> {
    row: &'a VerdictRow,
    /// From 1 at the top: the vertical value in the table.
    number: f64,
    columns: &'a Columns,
    words: Vec<String>,
}

impl<'a> Line<'a> {
    pub(crate) fn of(row: &'a VerdictRow, index: usize, columns: &'a Columns) -> Self {
        // One character less, for the "…" of a cut label.
        let room = columns.label - text::width("…", TICK, false);
        let whole = text::width(&row.label, TICK, false) <= columns.label;
        let room = if whole { columns.label } else { room };
        let words = text::wrap(&row.label, TICK, false, room, 2);
        Self { row, number: index as f64 + 1.0, columns, words }
    }

    pub(crate) fn height(&self) -> f64 {
        LEAST_HEIGHT.max(self.words.len() as f64 * LINE + 4.6)
    }

    /// Draws the claim below `page.y`.
    pub(crate) fn draw(&self, page: &mut Page) {
        let (top, bottom) = (page.y, page.y + self.height());
        let middle = (top + bottom) / 2.0;
        self.words(page, middle);
        self.band(page, (top + 1.0, bottom - 1.0));
        self.predicted(page, middle);
        self.corrected(page, middle + 4.4);
        self.measured(page, middle);
    }

    fn drawn(&self, layer: &str) -> DrawnRow {
        let row = DrawnRow::new(&self.row.group, layer, self.row.verdict.name());
        DrawnRow { y: Some(self.number), ..row.label(&self.row.label) }
    }

    fn words(&self, page: &mut Page, middle: f64) {
        let first = middle + 0.36 * TICK - (self.words.len() as f64 - 1.0) * LINE / 2.0;
        for (index, words) in self.words.iter().enumerate() {
            let at = (MARGIN, first + index as f64 * LINE);
            page.scene.text(at, Anchor::Start, words, Type::new(TICK, INK));
        }
        let verdict = Type::new(TICK, verdict_color(self.row.verdict).mix(INK, 0.25)).bold();
        let found = measured(self.row);
        let quiet = if found == NO_MEASUREMENT { GREY_TEXT } else { INK };
        let texts = [
            (predicted(self.row), Type::new(TICK, INK)),
            (found, Type::new(TICK, quiet)),
            (self.row.verdict.name().to_owned(), verdict),
        ];
        for ((left, room), (words, kind)) in self.columns.texts.into_iter().zip(texts) {
            let words = text::fit(&words, TICK, kind.bold, room);
            page.scene.text((left, middle + 0.36 * TICK), Anchor::Start, &words, kind);
        }
        page.drawn.push(self.drawn("verdict"));
    }

    fn band(&self, page: &mut Page, (top, bottom): (f64, f64)) {
        let plot = &self.columns.plot;
        let Some((low, high)) = band(self.row.predicted, self.row.tolerance) else { return };
        let row = self.drawn("tolerance").at(low, self.number).to(high, self.number);
        let Some((a, b)) = plot.end_at(low).zip(plot.end_at(high)) else { return };
        let (a, b) = (a.max(plot.from), b.min(plot.to));
        if a < b {
            page.scene.rect((a, top), (b, bottom), TOLERANCE);
            page.drawn.push(row);
        } else {
            page.drawn.push(row.left_out("outside the axis"));
        }
    }

    fn predicted(&self, page: &mut Page, y: f64) {
        let plot = &self.columns.plot;
        let row = self.drawn("predicted").at(self.row.predicted, self.number);
        match plot.at(self.row.predicted) {
            Some(x) if plot.holds(self.row.predicted) => {
                // Larger than a measured point, which may lie on it.
                Marker::Diamond.draw(&mut page.scene, (x, y), 2.9, INK, true);
                page.drawn.push(row);
            }
            Some(_) => page.drawn.push(row.left_out("outside the axis")),
            None => page.drawn.push(row.left_out("not finite")),
        }
    }

    fn corrected(&self, page: &mut Page, y: f64) {
        if let Some((low, high)) = self.row.corrected {
            self.interval(page, ("corrected", LYING_THIN, CORRECTED), y, (low, high));
        }
    }

    /// The interval and the point on it; a point beyond the axis is an arrow.
    fn measured(&self, page: &mut Page, y: f64) {
        let (plot, color) = (&self.columns.plot, verdict_color(self.row.verdict));
        if self.row.lower.is_some() || self.row.upper.is_some() {
            let end = |value: Option<f64>| value.unwrap_or(f64::NAN);
            let ends = (end(self.row.lower), end(self.row.upper));
            self.interval(page, ("interval", LYING, color), y, ends);
        }
        let Some(estimate) = self.row.estimate else {
            return page.drawn.push(self.drawn("estimate").left_out(NO_MEASUREMENT));
        };
        let row = self.drawn("estimate").at(estimate, self.number);
        let Some(x) = plot.end_at(estimate) else {
            return page.drawn.push(row.left_out("not a number"));
        };
        if !plot.holds(estimate) {
            LYING.draw_on(&mut page.scene, y, (x, x), plot, color);
            return page.drawn.push(row.note(CUT));
        }
        let hollow = self.row.verdict == Verdict::Undecided;
        // No white rim: it would cover the caps of a narrow interval.
        Marker::Circle.fill(&mut page.scene, (x, y), 1.8, color);
        if hollow {
            Marker::Circle.fill(&mut page.scene, (x, y), 1.0, WHITE);
        }
        page.drawn.push(if hollow { row.note("hollow") } else { row });
    }

    fn interval(
        &self,
        page: &mut Page,
        (layer, bar, color): (&str, Bar, Rgb),
        y: f64,
        (low, high): (f64, f64),
    ) {
        let plot = &self.columns.plot;
        let row = self.drawn(layer).at(low, self.number).to(high, self.number);
        let Some(ends) = plot.end_at(low).zip(plot.end_at(high)) else {
            return page.drawn.push(row.left_out("an end is missing, or not a number"));
        };
        let cut = bar.draw_on(&mut page.scene, y, ends, plot, color);
        page.drawn.push(if cut { row.note(CUT) } else { row });
    }
}
