//! Norms of the LoRA features over training, at a few widths.

pub(crate) mod lines;

use std::path::Path;

use crate::error::FigureError;
use crate::rows::figures::NormsFigure;
use crate::rows::kinds::LoraFeature;
use crate::rows::sweep::{FinalNorm, NormMeanRow, NormNote, NormRow};
use crate::toolkit::axis::{self, Ticks};
use crate::toolkit::drawn::DrawnRow;
use crate::toolkit::legend::Key;
use crate::toolkit::marker::{init_dash, init_marker};
use crate::toolkit::numbers::short;
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::{INK, init_color};
use crate::toolkit::panel::{BELOW, Panel, label_room};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::{Anchor, Scene, Type};
use crate::toolkit::style::{LABEL, MARGIN, PANEL_TITLE, Style, TICK};
use lora_types::{Init, Width};

const PLOT_HEIGHT: f64 = 108.0;
const NOTE_ROW: f64 = 10.0;
/// Room for the name of a row, which reads upwards.
const NAME_ROOM: f64 = 13.0;

/// Draws the norms of Z_A (upper row) and Z_B (lower row), a column per width. Panels of a row share their range.
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn norms(figure: &NormsFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &NormsFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let inits = present(figure);
    let mut widths: Vec<Width> = figure.rows.iter().map(|r| r.width).collect();
    widths.extend(figure.means.iter().map(|m| m.width));
    widths.extend(figure.notes.iter().map(|n| n.width));
    widths.sort_unstable();
    widths.dedup();
    let widths = fitting(widths);
    left_out(&mut page, figure, &widths);
    let lines = match (figure.notes.is_empty(), widths.len()) {
        (true, _) => 1,
        (false, ..=2) => 2,
        (false, _) => 5,
    };
    let grid = Grid { figure, inits, widths, top: page.y, lines };
    let top = page.y + PANEL_TITLE + grid.note_height() + 8.0;
    let grid = Grid { top, ..grid };
    for (row, feature) in LoraFeature::ALL.into_iter().enumerate() {
        grid.row(&mut page, row, feature);
    }
    page.y = top + 2.0 * PLOT_HEIGHT + GAP + BELOW;
    if let Some(words) = lines_in_words(figure) {
        page.y += 3.0;
        page.remark(&words);
    }
    page.finish(&figure.text);
    page
}

/// Which lines are which, and how many of the seeds they are.
fn lines_in_words(figure: &NormsFigure) -> Option<String> {
    let mut seeds: Vec<u64> = figure.rows.iter().map(|r| r.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let (shown, of) = (seeds.len(), figure.seeds.max(seeds.len()));
    match (shown, of) {
        (0, _) => None,
        (1, 1) => Some("One seed.".to_owned()),
        _ if figure.means.is_empty() => Some(format!("Thin lines: {shown} of {of} seeds.")),
        _ if shown == of => {
            Some(format!("Thin lines: all {of} seeds. Thick: the geometric mean over them."))
        }
        _ => Some(format!(
            "Thin lines: {shown} of {of} seeds. Thick: the geometric mean over all {of}."
        )),
    }
}

const GAP: f64 = 11.0;
/// More columns would be too narrow to read.
const MOST_COLUMNS: usize = 4;

/// The widths that get a column: all if they fit, else the smallest, the largest and some between.
fn fitting(widths: Vec<Width>) -> Vec<Width> {
    if widths.len() <= MOST_COLUMNS {
        return widths;
    }
    let last = widths.len() - 1;
    (0..MOST_COLUMNS).map(|i| widths[i * last / (MOST_COLUMNS - 1)]).collect()
}

fn left_out(page: &mut Page, figure: &NormsFigure, shown: &[Width]) {
    for r in figure.rows.iter().filter(|r| !shown.contains(&r.width)) {
        let row = DrawnRow::new(r.feature.key(), "line", r.init.label()).width(r.width);
        let row = row.seed(r.seed).at(r.step as f64, r.norm);
        page.drawn.push(row.left_out("no room for another width"));
    }
    for m in figure.means.iter().filter(|m| !shown.contains(&m.width)) {
        let row = DrawnRow::new(m.feature.key(), "mean", m.init.label()).width(m.width);
        page.drawn.push(row.at(m.step as f64, m.norm).left_out("no room for another width"));
    }
}

fn key(init: Init) -> Key {
    Key::Line { color: init_color(init), dash: init_dash(init), marker: Some(init_marker(init)) }
}

fn present(figure: &NormsFigure) -> Vec<Init> {
    let seen = |init: &Init| {
        figure.rows.iter().any(|r| r.init == *init)
            || figure.means.iter().any(|m| m.init == *init)
            || figure.notes.iter().any(|n| n.init == *init)
    };
    Init::ALL.into_iter().filter(seen).collect()
}

/// All panels.
struct Grid<'a> {
    figure: &'a NormsFigure,
    inits: Vec<Init>,
    widths: Vec<Width>,
    top: f64,
    /// Text lines above a panel for each init: one without notes, two with, five where columns are narrow.
    lines: usize,
}

impl Grid<'_> {
    fn note_height(&self) -> f64 {
        let gaps = if self.lines > 1 { 2.0 } else { 0.0 };
        self.inits.len() as f64 * (NOTE_ROW * self.lines as f64 + gaps)
    }

    fn steps(&self) -> impl Iterator<Item = f64> {
        let rows = self.figure.rows.iter().map(|r| r.step);
        rows.chain(self.figure.means.iter().map(|m| m.step)).map(|step| step as f64)
    }

    fn row(&self, page: &mut Page, row: usize, feature: LoraFeature) {
        let rows = self.figure.rows.iter().filter(|r| r.feature == feature).map(|r| r.norm);
        let means = self.figure.means.iter().filter(|m| m.feature == feature).map(|m| m.norm);
        let y = Scale::over(Spacing::Log10, rows.chain(means), 0.06);
        let x = Scale::over(Spacing::Linear, self.steps(), 0.02);
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
                let name =
                    format!("{} {}", or(&self.figure.y_label, "mean norm of"), feature.symbol());
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

    /// Width and, for each init, the learning rate, the loss and the final norms.
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
            let used = scene.text((x, base), Anchor::Start, init.label(), kind);
            let note = self.figure.notes.iter().find(|n| n.init == init && n.width == width);
            let Some(note) = note else { continue };
            for (line, (indent, words)) in self.note(note).into_iter().enumerate() {
                let at = (x + if indent { used + 5.0 } else { 0.0 }, base + NOTE_ROW * line as f64);
                scene.text(at, Anchor::Start, &words, Type::new(TICK, INK));
            }
        }
    }

    /// The lines of a note, and whether each stands right of the init's name.
    fn note(&self, note: &NormNote) -> Vec<(bool, String)> {
        let rate = format!("η = {}", short(note.learning_rate));
        let loss = format!("loss {}", short(note.final_loss));
        let norms = [(LoraFeature::ZA, &note.z_a), (LoraFeature::ZB, &note.z_b)];
        let norms = norms.into_iter().filter_map(|(of, norm)| Some(final_norm(of, norm.as_ref()?)));
        let mut norms: Vec<String> = norms.collect();
        if self.lines <= 2 {
            return vec![(true, format!("{rate}, {loss}")), (true, norms.join(", "))];
        }
        let mut lines = vec![String::new(), rate, loss];
        lines.append(&mut norms);
        lines.into_iter().map(|line| (false, line)).collect()
    }

    fn panel(
        &self,
        page: &mut Page,
        panel: &Panel,
        y_ticks: &Ticks,
        (row, column): (usize, usize),
        feature: LoraFeature,
    ) {
        let width = self.widths.get(column).copied();
        let own: Vec<&NormRow> = self
            .figure
            .rows
            .iter()
            .filter(|r| r.feature == feature && Some(r.width) == width)
            .collect();
        let x_ticks =
            if self.steps().next().is_none() { Ticks::default() } else { axis::ticks(&panel.x) };
        panel.grid(&mut page.scene, &x_ticks, y_ticks);
        let means = self.figure.means.iter();
        let means: Vec<&NormMeanRow> =
            means.filter(|m| m.feature == feature && Some(m.width) == width).collect();
        let norms = own.iter().map(|r| r.norm).chain(means.iter().map(|m| m.norm));
        if !norms.into_iter().any(|norm| Spacing::Log10.takes(norm)) {
            panel.no_data(&mut page.scene);
        }
        for init in Init::ALL {
            let mut seeds: Vec<u64> =
                own.iter().filter(|r| r.init == init).map(|r| r.seed).collect();
            seeds.sort_unstable();
            seeds.dedup();
            for &seed in &seeds {
                let run = own.iter().filter(|r| r.init == init && r.seed == seed);
                lines::seed(page, panel, run.copied());
            }
        }
        // The means lie above all seeds; the dashed Init[B] above the full Init[A], so that both show where they meet.
        for init in Init::ALL {
            lines::mean(page, panel, means.iter().filter(|m| m.init == init).copied());
        }
        panel.frame(&mut page.scene, &x_ticks, y_ticks);
        if row + 1 == LoraFeature::ALL.len() {
            let name = panel.x_name(or(&self.figure.x_label, "training step"));
            panel.x_labels(&mut page.scene, &x_ticks, &name);
        }
    }
}

fn or<'t>(given: &'t str, usual: &'t str) -> &'t str {
    if given.is_empty() { usual } else { given }
}

/// A mean norm with its interval.
fn final_norm(feature: LoraFeature, norm: &FinalNorm) -> String {
    let range = norm.lower.zip(norm.upper);
    let range = range.map(|(low, high)| format!(" [{}, {}]", short(low), short(high)));
    format!("{} {}{}", feature.symbol(), short(norm.value), range.unwrap_or_default())
}
