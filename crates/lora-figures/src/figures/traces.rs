//! A quantity over widths and training steps: a line for each step over the widths, or a line for each width over the
//! steps. Both axes of the first are logarithmic, so that what does not change with the width is flat.

use std::collections::BTreeSet;
use std::path::Path;

use crate::error::FigureError;
use crate::rows::traces::{TraceAxis, TracePoint, TraceRow, TracesFigure};
use crate::toolkit::axis::{self, Ticks};
use crate::toolkit::drawn::{DrawnRow, reason};
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::{INK, Rgb, init_color, sequential};
use crate::toolkit::panel::{BELOW, Panel, label_room};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::{Anchor, SOLID, Scene, Type};
use crate::toolkit::style::{DATA_LINE, LABEL, MARGIN, PANEL_TITLE, Style, TICK};
use crate::toolkit::text;
use crate::toolkit::width_axis::Widths;
use lora_types::{Init, Width};

/// Between rows of panels: room for a note.
const GAP: f64 = 16.0;
const KEY_ROW: f64 = 11.0;
/// Room for the name of a row, which reads upwards.
const NAME_ROOM: f64 = 13.0;
/// Between columns.
const BETWEEN: f64 = 14.0;
const DOT: f64 = 1.2;

/// Draws a row of panels for each quantity and a column for each init.
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn traces(figure: &TracesFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &TracesFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let top = page.y + PANEL_TITLE + GAP;
    let all = Layout::of(figure, top);
    let rows = all.rows();
    for (row, of) in rows.iter().enumerate() {
        all.row(&mut page, row, of);
    }
    let (right, height) = (MARGIN + INNER, all.height);
    all.line_key(&mut page.scene, (right - all.key_room + BETWEEN, top));
    page.y = top + rows.len() as f64 * (height + GAP) - GAP + BELOW;
    page.finish(&figure.text);
    page
}

/// What the panels share.
struct Layout<'a> {
    figure: &'a TracesFigure,
    top: f64,
    /// Height of a panel.
    height: f64,
    inits: Vec<Init>,
    widths: Widths,
    /// Widths or steps, whichever tells the lines apart, with their names.
    lines: Vec<(Line, String)>,
    x: Option<Scale>,
    key_room: f64,
}

/// What tells lines apart; of one figure all are of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Width(Width),
    Step(u64),
}

impl<'a> Layout<'a> {
    fn of(figure: &'a TracesFigure, top: f64) -> Self {
        let points = &figure.points;
        let widths = Widths::of(points.iter().map(|p| p.width));
        let x = match figure.over {
            TraceAxis::Width => widths.scale(),
            TraceAxis::Step => {
                Scale::over(Spacing::Linear, points.iter().map(|p| p.step as f64), 0.02)
            }
        };
        let lines: BTreeSet<Line> = points.iter().map(|p| line(figure.over, p)).collect();
        let name = |line: Line| match line {
            Line::Width(n) => n.to_string(),
            Line::Step(step) => step.to_string(),
        };
        let lines: Vec<_> = lines.into_iter().map(|line| (line, name(line))).collect();
        let names = lines.iter().map(|(_, name)| text::width(name, TICK, false) + 20.0);
        let head = text::width(key_title(figure.over), LABEL, false);
        Self {
            figure,
            top,
            height: match figure.rows.len() {
                ..=1 => 176.0,
                2 => 124.0,
                _ => 84.0,
            },
            inits: Init::ALL
                .into_iter()
                .filter(|init| points.iter().any(|p| p.init == *init))
                .collect(),
            widths,
            x,
            key_room: names.fold(head, f64::max) + BETWEEN,
            lines,
        }
    }

    /// The rows of panels; one without a name where there are none.
    fn rows(&self) -> Vec<TraceRow> {
        match self.figure.rows.is_empty() {
            true => vec![TraceRow { key: String::new(), name: String::new() }],
            false => self.figure.rows.clone(),
        }
    }

    fn row(&self, page: &mut Page, row: usize, of: &TraceRow) {
        let points = self.figure.points.iter().filter(|p| p.row == of.key);
        let y = Scale::over(Spacing::Log10, points.map(|p| p.value), 0.06);
        let y_ticks = y.map_or(Ticks::default(), |y| axis::ticks(&y));
        let inset = NAME_ROOM + label_room(&y_ticks).max(28.0);
        let columns = self.inits.len().max(1);
        let wide = (INNER - inset - self.key_room + BETWEEN) / columns as f64;
        let top = self.top + row as f64 * (self.height + GAP);
        for column in 0..columns {
            let left = MARGIN + inset + column as f64 * wide;
            let panel = Panel::new(
                (left, top),
                (left + wide - BETWEEN, top + self.height),
                self.x.unwrap_or(Scale::empty(Spacing::Linear)),
                y.unwrap_or(Scale::empty(Spacing::Log10)),
            );
            if column == 0 {
                let name = text::fit(&of.name, LABEL, false, self.height);
                let at = (MARGIN + LABEL, top + self.height / 2.0);
                page.scene.turned_text(at, Anchor::Middle, &name, Type::new(LABEL, INK));
                panel.y_labels(&mut page.scene, &y_ticks);
            }
            self.panel(page, &panel, &y_ticks, (row, of), self.inits.get(column).copied());
        }
    }

    fn panel(
        &self,
        page: &mut Page,
        panel: &Panel,
        y_ticks: &Ticks,
        (row, of): (usize, &TraceRow),
        init: Option<Init>,
    ) {
        let own = |p: &&TracePoint| p.row == of.key && Some(p.init) == init;
        let points: Vec<&TracePoint> = self.figure.points.iter().filter(own).collect();
        let x_ticks = self.x_ticks(panel);
        if let Some(init) = init {
            if row == 0 {
                let kind = Type::new(PANEL_TITLE, init_color(init)).bold();
                let at = (panel.left, panel.top - GAP + 1.0);
                page.scene.text(at, Anchor::Start, init.label(), kind);
            }
            self.note(page, panel, of, init);
        }
        panel.grid(&mut page.scene, &x_ticks, y_ticks);
        if !points.iter().any(|p| Spacing::Log10.takes(p.value)) {
            panel.no_data(&mut page.scene);
        }
        for (index, (line, _)) in self.lines.iter().enumerate() {
            self.line(page, panel, &points, (*line, self.color(index)));
        }
        panel.frame(&mut page.scene, &x_ticks, y_ticks);
        if row + 1 == self.rows().len() {
            let name = match self.figure.over {
                TraceAxis::Width => "width n",
                TraceAxis::Step => "training step",
            };
            panel.x_labels(&mut page.scene, &x_ticks, name);
        }
    }

    fn note(&self, page: &mut Page, panel: &Panel, of: &TraceRow, init: Init) {
        let own = self.figure.notes.iter().find(|n| n.row == of.key && n.init == init);
        let Some(note) = own else { return };
        let words = text::fit(&note.text, TICK, false, panel.right - panel.left);
        let at = (panel.left, panel.top - 4.0);
        page.scene.text(at, Anchor::Start, &words, Type::new(TICK, INK));
        page.drawn.push(DrawnRow::new(&of.key, "note", init.label()).label(&note.text));
    }

    fn x_ticks(&self, panel: &Panel) -> Ticks {
        match (self.x, self.figure.over) {
            (None, _) => Ticks::default(),
            (Some(_), TraceAxis::Width) => self.widths.ticks(&panel.x),
            (Some(_), TraceAxis::Step) => axis::ticks(&panel.x),
        }
    }

    fn color(&self, index: usize) -> Rgb {
        sequential(index, self.lines.len())
    }

    /// One line, with a dot at each point, so that a point alone is seen as well.
    fn line(
        &self,
        page: &mut Page,
        panel: &Panel,
        points: &[&TracePoint],
        (line, color): (Line, Rgb),
    ) {
        let over = self.figure.over;
        let mut own: Vec<(f64, &TracePoint)> = points
            .iter()
            .filter(|p| self::line(over, p) == line)
            .map(|&p| match over {
                TraceAxis::Width => (self.widths.place(p.width), p),
                TraceAxis::Step => (p.step as f64, p),
            })
            .collect();
        own.sort_by(|one, other| one.0.total_cmp(&other.0));
        let places: Vec<(f64, f64)> = own.iter().map(|(x, p)| (*x, p.value)).collect();
        panel.line(&mut page.scene, &places, DATA_LINE, color, SOLID);
        for (x, point) in own {
            let row = DrawnRow::new(&point.row, "mean", point.init.label()).width(point.width);
            let row = row.at(x, point.value).label(&format!("step {}", point.step));
            match panel.at(x, point.value) {
                Some(at) => {
                    page.scene.disc(at, DOT, color);
                    page.drawn.push(row);
                }
                None => page.drawn.push(row.left_out(reason(1.0, point.value))),
            }
        }
    }

    /// The lines' colours, the last one at the top, as far as there is room.
    fn line_key(&self, scene: &mut Scene, (x, top): (f64, f64)) {
        if self.lines.is_empty() {
            return;
        }
        let head = (x, top + LABEL - 4.0);
        scene.text(head, Anchor::Start, key_title(self.figure.over), Type::new(LABEL, INK));
        let all = self.rows().len() as f64 * (self.height + GAP) - GAP;
        let most = ((all - 16.0) / KEY_ROW) as usize;
        let every = self.lines.len().div_ceil(most.max(1)).max(1);
        let named = self.lines.iter().enumerate().step_by(every).rev();
        for (place, (index, (_, name))) in named.enumerate() {
            let y = top + 15.0 + place as f64 * KEY_ROW;
            scene.line(&[(x, y), (x + 16.0, y)], 2.2, self.color(index));
            let at = (x + 20.0, y + 0.36 * TICK);
            scene.text(at, Anchor::Start, name, Type::new(TICK, INK));
        }
    }
}

/// The line that a point is on.
fn line(over: TraceAxis, point: &TracePoint) -> Line {
    match over {
        TraceAxis::Width => Line::Step(point.step),
        TraceAxis::Step => Line::Width(point.width),
    }
}

fn key_title(over: TraceAxis) -> &'static str {
    match over {
        TraceAxis::Width => "step",
        TraceAxis::Step => "width n",
    }
}
