//! Loss against learning rate, a curve per width and a panel per init.

use std::path::Path;

use crate::error::FigureError;
use crate::figures::drift::look::DASHED;
use crate::rows::figures::CurvesFigure;
use crate::rows::sweep::CurveRow;
use crate::toolkit::axis::{self, Ticks};
use crate::toolkit::drawn::{DrawnRow, reason};
use crate::toolkit::legend::{self, Item, Key};
use crate::toolkit::marker::Marker;
use crate::toolkit::numbers::short;
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::{DIVERGED, INK, Rgb, init_color, sequential};
use crate::toolkit::panel::{BELOW, Panel, label_room};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::{Anchor, SOLID, Scene, Type};
use crate::toolkit::style::{DATA_LINE, LABEL, MARGIN, PANEL_TITLE, Style, THIN};
use crate::toolkit::width_key;
use lora_types::{Init, Width};

const PLOT_HEIGHT: f64 = 190.0;

/// Draws one panel per init with a shared loss axis.
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn curves(figure: &CurvesFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &CurvesFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let all = Layout::of(figure);
    let top = page.y + PANEL_TITLE + 9.0;
    let count = all.inits.len().max(1);
    let inset = 13.0 + label_room(&all.y_ticks);
    let key_room = width_key::room(&all.widths, 14.0);
    let wide = (INNER - inset - key_room + 14.0) / count as f64;
    for index in 0..count {
        let left = MARGIN + inset + index as f64 * wide;
        let corner = (left + wide - 14.0, top + PLOT_HEIGHT);
        let panel = Panel::new((left, top), corner, all.x, all.y);
        if index == 0 {
            let name = or(&figure.loss_name, "loss");
            let at = (MARGIN + LABEL, top + PLOT_HEIGHT / 2.0);
            page.scene.turned_text(at, Anchor::Middle, name, Type::new(LABEL, INK));
            panel.y_labels(&mut page.scene, &all.y_ticks);
        }
        all.panel(&mut page, &panel, all.inits.get(index).copied());
    }
    let at = (MARGIN + INNER - key_room + 14.0, top);
    width_key::draw(&mut page.scene, at, PLOT_HEIGHT, &all.widths);
    page.y = top + PLOT_HEIGHT + BELOW;
    page.y += all.legend(&mut page);
    page.finish(&figure.text);
    page
}

/// What the panels share.
struct Layout<'a> {
    figure: &'a CurvesFigure,
    inits: Vec<Init>,
    widths: Vec<Width>,
    x: Scale,
    y: Scale,
    y_ticks: Ticks,
    /// Top of the loss axis if a ceiling was given, else infinite.
    ceiling: f64,
}

impl<'a> Layout<'a> {
    fn of(figure: &'a CurvesFigure) -> Self {
        let seen = || {
            let runs = figure.runs.iter().map(|r| (r.init, r.width, r.learning_rate));
            let means = figure.means.iter().map(|r| (r.init, r.width, r.learning_rate));
            runs.chain(means)
                .chain(figure.optima.iter().map(|r| (r.init, r.width, r.learning_rate)))
        };
        let mut widths: Vec<Width> = seen().map(|s| s.1).collect();
        widths.sort_unstable();
        widths.dedup();
        let ceiling = figure.loss_ceiling.filter(|c| c.is_finite() && *c > 0.0);
        let ceiling = ceiling.unwrap_or(f64::INFINITY);
        let runs = figure.runs.iter().filter(|r| !r.diverged).map(|r| r.loss);
        let losses = runs.chain(figure.means.iter().map(|r| r.loss));
        let losses = losses.chain(figure.optima.iter().map(|r| r.loss));
        let losses = losses.chain(figure.level.iter().map(|r| r.value));
        let losses = losses.map(|l| if l.is_finite() { l.min(ceiling) } else { l });
        let y = Scale::over(Spacing::Log10, losses, 0.06);
        let x = Scale::over(Spacing::Log10, seen().map(|s| s.2), 0.04);
        let y_ticks = y.map_or(Ticks::default(), |y| axis::ticks(&y));
        Self {
            figure,
            inits: Init::ALL.into_iter().filter(|i| seen().any(|s| s.0 == *i)).collect(),
            widths,
            x: x.unwrap_or(Scale::empty(Spacing::Log10)),
            y: y.unwrap_or(Scale::empty(Spacing::Log10)),
            y_ticks,
            ceiling: y.filter(|_| ceiling.is_finite()).map_or(ceiling, |y| y.ends().1),
        }
    }

    fn color(&self, width: Width) -> Rgb {
        let index = self.widths.iter().position(|&w| w == width).unwrap_or(0);
        sequential(index, self.widths.len())
    }

    fn panel(&self, page: &mut Page, panel: &Panel, init: Option<Init>) {
        let Some(init) = init else {
            panel.no_data(&mut page.scene);
            return panel.frame(&mut page.scene, &Ticks::default(), &Ticks::default());
        };
        let x_ticks = axis::ticks(&panel.x);
        let kind = Type::new(PANEL_TITLE, init_color(init)).bold();
        let at = (panel.left, panel.top - 9.0);
        page.scene.text(at, Anchor::Start, init.label(), kind);
        self.diverged(page, panel, init);
        panel.grid(&mut page.scene, &x_ticks, &self.y_ticks);
        self.level(page, panel, init);
        self.runs(page, panel, init);
        self.means(page, panel, init);
        self.optima(page, panel, init);
        self.first_diverged(page, panel, init);
        panel.frame(&mut page.scene, &x_ticks, &self.y_ticks);
        panel.x_labels(&mut page.scene, &x_ticks, or(&self.figure.x_label, "learning rate η"));
    }

    /// Grey from the smallest learning rate at which any run diverged.
    fn diverged(&self, page: &mut Page, panel: &Panel, init: Init) {
        let rates = self.figure.runs.iter().filter(|r| r.init == init && r.diverged);
        let Some(first) =
            rates.map(|r| r.learning_rate).filter(|&v| panel.x.holds(v)).reduce(f64::min)
        else {
            return;
        };
        if let Some(left) = panel.x.at(first) {
            page.scene.rect((left, panel.top), (panel.right, panel.bottom), DIVERGED);
            let ends = (panel.x.ends().1, panel.y.ends());
            let row = DrawnRow::new(init.label(), "diverged", init.label());
            page.drawn.push(row.at(first, ends.1.0).to(ends.0, ends.1.1));
        }
    }

    /// Above the frame, a cross at the smallest learning rate at which each width diverged.
    fn first_diverged(&self, page: &mut Page, panel: &Panel, init: Init) {
        for &width in &self.widths {
            let own = |r: &&CurveRow| r.init == init && r.width == width && r.diverged;
            let rates = self.figure.runs.iter().filter(own).map(|r| r.learning_rate);
            let Some(rate) = rates.filter(|&v| panel.x.holds(v)).reduce(f64::min) else { continue };
            if let Some(x) = panel.x.at(rate) {
                let color = self.color(width);
                Marker::Cross.fill(&mut page.scene, (x, panel.top - 4.0), 2.0, color);
                let row = DrawnRow::new(init.label(), "first diverged", init.label());
                page.drawn.push(row.width(width).at(rate, panel.y.ends().1));
            }
        }
    }

    fn level(&self, page: &mut Page, panel: &Panel, init: Init) {
        let Some(level) = &self.figure.level else { return };
        let (from, to) = panel.x.ends();
        panel.line(&mut page.scene, &[(from, level.value), (to, level.value)], THIN, INK, DASHED);
        let row = DrawnRow::new(init.label(), "level", init.label()).at(from, level.value);
        page.drawn.push(row.to(to, level.value));
    }

    fn runs(&self, page: &mut Page, panel: &Panel, init: Init) {
        for run in self.figure.runs.iter().filter(|r| r.init == init) {
            let row = DrawnRow::new(init.label(), "seed", init.label()).width(run.width);
            let row = row.seed(run.seed).at(run.learning_rate, run.loss);
            if run.diverged {
                page.drawn.push(row.left_out("diverged"));
                continue;
            }
            let Some(at) = panel.at(run.learning_rate, run.loss) else {
                page.drawn.push(row.left_out(reason(run.learning_rate, run.loss)));
                continue;
            };
            let color = self.color(run.width).lighter(0.35);
            if run.loss > self.ceiling {
                Marker::Triangle.draw(&mut page.scene, (at.0, panel.top + 3.0), 1.6, color, false);
                page.drawn.push(row.note("above the axis: a caret at its upper end"));
            } else {
                page.scene.disc(at, 1.1, color);
                page.drawn.push(row);
            }
        }
    }

    fn means(&self, page: &mut Page, panel: &Panel, init: Init) {
        for &width in &self.widths {
            let rows = self.figure.means.iter().filter(|r| r.init == init && r.width == width);
            let mut points: Vec<(f64, f64)> = rows.map(|r| (r.learning_rate, r.loss)).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            panel.line(&mut page.scene, &points, DATA_LINE, self.color(width), SOLID);
            for (rate, loss) in points {
                let row =
                    DrawnRow::new(init.label(), "mean", init.label()).width(width).at(rate, loss);
                page.drawn.push(match reason(rate, loss) {
                    "" if loss > self.ceiling => row.note("above the axis: line cut"),
                    "" => row,
                    why => row.left_out(why),
                });
            }
        }
    }

    fn optima(&self, page: &mut Page, panel: &Panel, init: Init) {
        for best in self.figure.optima.iter().filter(|r| r.init == init) {
            let row = DrawnRow::new(init.label(), "optimum", init.label()).width(best.width);
            let row = row.at(best.learning_rate, best.loss);
            let row = if best.bracketed { row } else { row.note("hollow") };
            match panel.at(best.learning_rate, best.loss).filter(|_| best.loss <= self.ceiling) {
                Some(at) => {
                    let color = self.color(best.width);
                    optimum(&mut page.scene, at, color, !best.bracketed);
                    page.drawn.push(row);
                }
                None => page.drawn.push(row.left_out("outside the axes")),
            }
        }
    }

    fn legend(&self, page: &mut Page) -> f64 {
        let mut items = Vec::new();
        let point = |marker, hollow| Key::Point { color: INK, marker, hollow };
        let (runs, means) = (&self.figure.runs, &self.figure.means);
        if !runs.is_empty() {
            items.push(Item::new(Key::Dot { color: INK }, "seeds"));
        }
        if !means.is_empty() {
            let key = Key::Line { color: INK, dash: SOLID, marker: None };
            items.push(Item::new(key, "geometric mean of the seeds"));
        }
        let marked = or(&self.figure.marked, "optimum");
        if self.figure.optima.iter().any(|o| o.bracketed) {
            items.push(Item::new(point(Marker::Star, false), marked));
        }
        if self.figure.optima.iter().any(|o| !o.bracketed) {
            let name = format!("hollow: {marked} not bracketed");
            items.push(Item::new(point(Marker::Circle, true), name));
        }
        if let Some(level) = &self.figure.level {
            let key = Key::Line { color: INK, dash: DASHED, marker: None };
            items.push(Item::new(key, level.name.clone()));
        }
        if runs.iter().any(|r| !r.diverged && r.loss > self.ceiling) {
            let name = format!("loss above the axis, which ends at {}", short(self.ceiling));
            items.push(Item::new(point(Marker::Triangle, false), name));
        }
        if runs.iter().any(|r| r.diverged) {
            let key = Key::Area { color: DIVERGED, hatched: false };
            let rate = or(&self.figure.rate, "η");
            let name = format!("from the smallest {rate} at which any run diverged");
            items.push(Item::new(key, name));
            items.push(Item::new(point(Marker::Cross, false), "the same for each width"));
        }
        let at = (MARGIN, page.y + 2.0);
        legend::flow(&mut page.scene, at, &items, INNER) + 2.0
    }
}

/// A name, or the usual one where none is given.
fn or<'a>(name: &'a str, usual: &'a str) -> &'a str {
    if name.is_empty() { usual } else { name }
}

/// A star with a dark rim; a ring where the grid does not enclose the optimum.
fn optimum(scene: &mut Scene, at: (f64, f64), color: Rgb, hollow: bool) {
    if hollow {
        return Marker::Circle.draw(scene, at, 3.0, color.mix(INK, 0.25), true);
    }
    Marker::Star.draw(scene, at, 3.6, INK, false);
    Marker::Star.fill(scene, at, 2.5, color);
}
