//! Norms of the LoRA features over training, at a few widths.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::axis::{self, Ticks};
use crate::drawn::{DrawnRow, reason};
use crate::error::FigureError;
use crate::kinds::{Feature, FigureText, Init};
use crate::legend::Key;
use crate::marker::{init_dash, init_marker};
use crate::numbers::short;
use crate::page::{Files, INNER, Page};
use crate::palette::{INK, init_color};
use crate::panel::{BELOW, Panel, label_room};
use crate::scale::{Scale, Spacing};
use crate::scene::{Anchor, Scene, Type};
use crate::style::{LABEL, MARGIN, PANEL_TITLE, Style, TICK};
use crate::tables::{NormNote, NormRow};

/// All of the figure of norms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NormsFigure {
    /// Words around the panels.
    pub text: FigureText,
    /// Values, in any order.
    pub rows: Vec<NormRow>,
    /// Learning rates and losses.
    pub notes: Vec<NormNote>,
}

const PLOT_HEIGHT: f64 = 108.0;
const NOTE_ROW: f64 = 10.0;
/// Room for the name of a row, which reads upwards.
const NAME_ROOM: f64 = 13.0;

/// Draws the norms of Z_A (upper row) and Z_B (lower row), a column per width. Panels of a row share their range.
///
/// # Errors
/// If a file cannot be written.
pub fn norms(figure: &NormsFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &NormsFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let inits = present(figure);
    let mut widths: Vec<u64> = figure.rows.iter().map(|r| r.width).collect();
    widths.extend(figure.notes.iter().map(|n| n.width));
    widths.sort_unstable();
    widths.dedup();
    let widths = fitting(widths);
    left_out(&mut page, figure, &widths);
    let lines = if widths.len() > 2 && !figure.notes.is_empty() { 3 } else { 1 };
    let grid = Grid { figure, inits, widths, top: page.y, lines };
    let top = page.y + PANEL_TITLE + grid.note_height() + 8.0;
    let grid = Grid { top, ..grid };
    for (row, feature) in Feature::ALL.into_iter().enumerate() {
        grid.row(&mut page, row, feature);
    }
    page.y = top + 2.0 * PLOT_HEIGHT + GAP + BELOW;
    let mut seeds: Vec<u64> = figure.rows.iter().map(|r| r.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    if seeds.len() > 1 {
        page.y += 3.0;
        page.remark(&format!("One thin line per seed ({} seeds).", seeds.len()));
    }
    page.finish(&figure.text);
    page
}

const GAP: f64 = 11.0;
/// More columns would be too narrow to read.
const MOST_COLUMNS: usize = 4;

/// The widths that get a column: all if they fit, else the smallest, the largest and some between.
fn fitting(widths: Vec<u64>) -> Vec<u64> {
    if widths.len() <= MOST_COLUMNS {
        return widths;
    }
    let last = widths.len() - 1;
    (0..MOST_COLUMNS).map(|i| widths[i * last / (MOST_COLUMNS - 1)]).collect()
}

fn left_out(page: &mut Page, figure: &NormsFigure, shown: &[u64]) {
    for r in figure.rows.iter().filter(|r| !shown.contains(&r.width)) {
        let row = DrawnRow::new(r.feature.key(), "line", r.init.name()).width(r.width);
        let row = row.seed(r.seed).at(r.step as f64, r.norm);
        page.drawn.push(row.left_out("no room for another width"));
    }
}

fn key(init: Init) -> Key {
    Key::Line { color: init_color(init), dash: init_dash(init), marker: Some(init_marker(init)) }
}

fn present(figure: &NormsFigure) -> Vec<Init> {
    let seen = |init: &Init| {
        figure.rows.iter().any(|r| r.init == *init) || figure.notes.iter().any(|n| n.init == *init)
    };
    Init::ALL.into_iter().filter(seen).collect()
}

/// All panels.
struct Grid<'a> {
    figure: &'a NormsFigure,
    inits: Vec<Init>,
    widths: Vec<u64>,
    top: f64,
    /// Text lines above a panel for each init: one, or three where columns are narrow.
    lines: usize,
}

impl Grid<'_> {
    fn note_height(&self) -> f64 {
        let gaps = if self.lines > 1 { 2.0 } else { 0.0 };
        self.inits.len() as f64 * (NOTE_ROW * self.lines as f64 + gaps)
    }

    fn row(&self, page: &mut Page, row: usize, feature: Feature) {
        let rows = || self.figure.rows.iter().filter(move |r| r.feature == feature);
        let y = Scale::over(Spacing::Log10, rows().map(|r| r.norm), 0.06);
        let x = Scale::over(Spacing::Linear, self.figure.rows.iter().map(|r| r.step as f64), 0.02);
        let y_ticks = y.map_or(Ticks::default(), |y| axis::ticks(&y));
        let inset = NAME_ROOM + label_room(&y_ticks).max(24.0);
        let columns = self.widths.len().max(1) as f64;
        let wide = (INNER - inset - 4.0 + 14.0) / columns;
        let top = self.top + row as f64 * (PLOT_HEIGHT + GAP);
        for column in 0..self.widths.len().max(1) {
            let left = MARGIN + inset + column as f64 * wide;
            let panel = Panel::new(
                (left, top),
                (left + wide - 14.0, top + PLOT_HEIGHT),
                x.unwrap_or(Scale::empty(Spacing::Linear)),
                y.unwrap_or(Scale::empty(Spacing::Log10)),
            );
            if column == 0 {
                let name = format!("mean norm of {}", feature.symbol());
                let at = (MARGIN + LABEL, top + PLOT_HEIGHT / 2.0);
                page.scene.turned_text(at, Anchor::Middle, &name, Type::new(LABEL, INK));
                panel.y_labels(&mut page.scene, &y_ticks);
            }
            if row == 0 {
                self.heading(&mut page.scene, &panel, column);
            }
            self.panel(page, &panel, &y_ticks, (row, column), feature);
        }
    }

    /// Width and, for each init, the learning rate and loss.
    fn heading(&self, scene: &mut Scene, panel: &Panel, column: usize) {
        let Some(&width) = self.widths.get(column) else { return };
        let height = self.note_height();
        let top = panel.top - 6.0 - height;
        panel.title(scene, &format!("n = {width}"), panel.top - top);
        for (index, &init) in self.inits.iter().enumerate() {
            let base = top + NOTE_ROW + height * index as f64 / self.inits.len() as f64;
            key(init).draw(scene, (panel.left, base - 0.36 * TICK));
            let kind = Type::new(TICK, init_color(init)).bold();
            let x = panel.left + key(init).width() + 4.0;
            let used = scene.text((x, base), Anchor::Start, init.name(), kind);
            let note = self.figure.notes.iter().find(|n| n.init == init && n.width == width);
            let Some(note) = note else { continue };
            let rate = format!("η = {}", short(note.learning_rate));
            let loss = format!("loss {}", short(note.final_loss));
            let kind = Type::new(TICK, INK);
            if self.lines == 1 {
                let words = format!("{rate}, {loss}");
                scene.text((x + used + 5.0, base), Anchor::Start, &words, kind);
            } else {
                scene.text((x, base + NOTE_ROW), Anchor::Start, &rate, kind);
                scene.text((x, base + 2.0 * NOTE_ROW), Anchor::Start, &loss, kind);
            }
        }
    }

    fn panel(
        &self,
        page: &mut Page,
        panel: &Panel,
        y_ticks: &Ticks,
        (row, column): (usize, usize),
        feature: Feature,
    ) {
        let width = self.widths.get(column).copied();
        let own: Vec<&NormRow> = self
            .figure
            .rows
            .iter()
            .filter(|r| r.feature == feature && Some(r.width) == width)
            .collect();
        let x_ticks =
            if self.figure.rows.is_empty() { Ticks::default() } else { axis::ticks(&panel.x) };
        panel.grid(&mut page.scene, &x_ticks, y_ticks);
        if !own.iter().any(|r| Spacing::Log10.takes(r.norm)) {
            panel.no_data(&mut page.scene);
        }
        // The dashed Init[B] comes after the full Init[A], so that both show where they meet.
        for init in Init::ALL {
            let mut seeds: Vec<u64> =
                own.iter().filter(|r| r.init == init).map(|r| r.seed).collect();
            seeds.sort_unstable();
            seeds.dedup();
            for (index, &seed) in seeds.iter().enumerate().rev() {
                let shade = 0.55 * index as f64 / seeds.len().max(2) as f64;
                let run = own.iter().filter(|r| r.init == init && r.seed == seed);
                draw_run(page, panel, run.copied(), shade, index == 0);
            }
        }
        panel.frame(&mut page.scene, &x_ticks, y_ticks);
        if row + 1 == Feature::ALL.len() {
            panel.x_labels(&mut page.scene, &x_ticks, "training step");
        }
    }
}

/// One thin line; the first seed also carries a few markers that tell the init.
fn draw_run<'a>(
    page: &mut Page,
    panel: &Panel,
    run: impl Iterator<Item = &'a NormRow>,
    shade: f64,
    marked: bool,
) {
    let mut run: Vec<&NormRow> = run.collect();
    run.sort_by_key(|r| r.step);
    let Some(init) = run.first().map(|r| r.init) else { return };
    let color = init_color(init).lighter(shade);
    let points: Vec<(f64, f64)> = run.iter().map(|r| (r.step as f64, r.norm)).collect();
    panel.line(&mut page.scene, &points, 0.85, color, init_dash(init));
    let every = run.len().div_ceil(5).max(1);
    // Staggered, so that the inits' markers do not coincide.
    let first = every / 4 + every * (init as usize) / 3;
    let alone = points.len() == 1;
    for (index, (row, point)) in run.iter().zip(&points).enumerate() {
        let Some(at) = panel.at(point.0, point.1) else { continue };
        let here = index % every == first % every;
        if alone || (marked && here) {
            init_marker(row.init).draw(&mut page.scene, at, 2.1, color, false);
        }
    }
    let drawn = run.iter().map(|r| {
        let row = DrawnRow::new(r.feature.key(), "line", r.init.name());
        let row = row.width(r.width).seed(r.seed).at(r.step as f64, r.norm);
        if Spacing::Log10.takes(r.norm) { row } else { row.left_out(reason(1.0, r.norm)) }
    });
    page.drawn.extend(drawn);
}
