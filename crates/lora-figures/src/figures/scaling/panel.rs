//! One panel of the scaling figure, with the key above it.

use crate::rows::figures::ScalingFigure;
use crate::rows::kinds::title;
use crate::rows::sweep::{FitRow, GuideRow, ScalingRow};
use crate::toolkit::axis::{self, Ticks};
use crate::toolkit::bar::UPRIGHT;
use crate::toolkit::drawn::{DrawnRow, reason};
use crate::toolkit::flags;
use crate::toolkit::legend::Key;
use crate::toolkit::marker::{init_dash, init_marker};
use crate::toolkit::numbers::fixed;
use crate::toolkit::page::Page;
use crate::toolkit::palette::{GREY_TEXT, GUIDE, INK, Rgb, init_color};
use crate::toolkit::panel::{Panel, label_room};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::{Anchor, Dash, Pt, Scene, Type};
use crate::toolkit::style::{DATA_LINE, FIGURE_WIDTH, LEADING, MARGIN, MARKER, TICK};
use crate::toolkit::text;
use crate::toolkit::width_axis::Widths;
use lora_types::{Init, Quantity};

/// Height of the axes.
pub(crate) const PLOT_HEIGHT: f64 = 168.0;
/// Room right of a panel for the names of its guides.
const GUIDE_ROOM: f64 = 28.0;
const KEY_ROW: f64 = 10.4;

/// Why a line is left out.
pub(crate) const NO_POINT: &str = "no point to draw it by";

/// One panel of the figure.
pub(crate) struct Part<'a> {
    pub figure: &'a ScalingFigure,
    pub quantity: Quantity,
    pub shared: Option<Scale>,
    /// Height of the tallest key, so that all panel titles stand level.
    pub keys: f64,
}

impl Part<'_> {
    pub(crate) fn points(&self) -> impl Iterator<Item = &ScalingRow> {
        self.figure.points.iter().filter(|p| p.quantity == self.quantity)
    }

    pub(crate) fn draw(&self, page: &mut Page, (left, top): (f64, f64), column: f64) {
        let y = self.shared.unwrap_or(Scale::empty(Spacing::Log10));
        let widths = self.widths();
        let x = widths.scale();
        let y_ticks = axis::ticks(&y);
        let guided = self.figure.guides.iter().any(|g| g.quantity == self.quantity);
        let inset = label_room(&y_ticks);
        let right = left + column - if guided { GUIDE_ROOM } else { 10.0 };
        let panel = Panel::new(
            (left + inset, top),
            (right.min(FIGURE_WIDTH - MARGIN), top + PLOT_HEIGHT),
            x.unwrap_or(Scale::empty(Spacing::Log2)),
            y,
        );
        self.key(&mut page.scene, (left, &panel));
        if x.is_none() || self.shared.is_none() {
            self.no_lines(page);
            panel.no_data(&mut page.scene);
            panel.frame(&mut page.scene, &Ticks::default(), &Ticks::default());
        } else {
            let x_ticks = widths.ticks(&panel.x);
            panel.grid(&mut page.scene, &x_ticks, &y_ticks);
            self.guides(page, &panel, &widths);
            panel.frame(&mut page.scene, &x_ticks, &y_ticks);
            panel.x_labels(&mut page.scene, &x_ticks, "width n");
            panel.y_labels(&mut page.scene, &y_ticks);
            self.asymptotes(page, &panel, &widths);
            self.fits(page, &panel);
        }
        self.marks(page, &panel, &widths);
    }

    /// Panel title and, below it, each init with its exponents.
    fn key(&self, scene: &mut Scene, (left, panel): (f64, &Panel)) {
        let mut y = panel.top - self.keys + 2.0;
        let shifted = Panel { left, ..panel.clone() };
        shifted.title(scene, title(self.quantity), panel.top - y + 3.0);
        for (init, fitted, predicted) in key_lines(self.figure, self.quantity) {
            let (color, middle) = (init_color(init), y + KEY_ROW / 2.0);
            let marker = Some(init_marker(init));
            let key = Key::Line { color, dash: init_dash(init), marker };
            key.draw(scene, (left, middle));
            let base = middle + 0.36 * TICK;
            let start = left + key.width() + 3.0;
            let name = Type::new(TICK, color).bold();
            let used = scene.text((start, base), Anchor::Start, init.label(), name);
            let after = start + used.max(text::width("Init[A]", TICK, true)) + 4.0;
            scene.text((after, base), Anchor::Start, &fitted, Type::new(TICK, INK));
            if let Some(words) = predicted {
                y += KEY_ROW;
                let at = (after, base + KEY_ROW - 0.8);
                scene.text(at, Anchor::Start, &words, Type::new(TICK, GREY_TEXT));
            }
            y += KEY_ROW;
        }
    }

    /// Lists the lines that have no points to be drawn by.
    pub(crate) fn no_lines(&self, page: &mut Page) {
        self.no_guides(page);
        self.no_asymptotes(page);
        for fit in self.figure.fits.iter().filter(|f| f.quantity == self.quantity) {
            let row = DrawnRow::new(self.quantity.column(), "fit", fit.init.label());
            page.drawn.push(row.label(&exponent_text(fit)).left_out(NO_POINT));
        }
    }

    fn no_guides(&self, page: &mut Page) {
        for guide in self.figure.guides.iter().filter(|g| g.quantity == self.quantity) {
            page.drawn.push(self.guide_row(guide).left_out(NO_POINT));
        }
    }

    fn guide_row(&self, guide: &GuideRow) -> DrawnRow {
        let inits: Vec<&str> = guide.predicted.iter().map(|init| init.label()).collect();
        let layer = if inits.is_empty() { "guide" } else { "predicted" };
        DrawnRow::new(self.quantity.column(), layer, &inits.join(" ")).label(&guide.text)
    }

    /// Predicted exponents in colour and the others in grey, each named at its visible end.
    fn guides(&self, page: &mut Page, panel: &Panel, widths: &Widths) {
        let Some(start) = guide_start(self.figure, self.quantity) else {
            return self.no_guides(page);
        };
        let mut names = Vec::new();
        for guide in self.figure.guides.iter().filter(|g| g.quantity == self.quantity) {
            let end = widths.line_end(&panel.x);
            let end = (end, start.1 * (end / start.0).powf(guide.exponent));
            let row = self.guide_row(guide).at(start.0, start.1).to(end.0, end.1);
            let Some(piece) = panel.pieces(&[start, end]).pop() else {
                page.drawn.push(row.left_out("outside the panel"));
                continue;
            };
            let (color, dash, name) = guide_look(guide);
            page.scene.dashed(&piece, 0.9, color, dash);
            names.push((piece[piece.len() - 1], guide.text.as_str(), name));
            page.drawn.push(row);
        }
        self.guide_names(&mut page.scene, panel, names);
    }

    /// Names right of the frame, moved apart where lines end close together, and none below the frame.
    fn guide_names(&self, scene: &mut Scene, panel: &Panel, mut names: Vec<(Pt, &str, Rgb)>) {
        names.sort_by(|a, b| a.0.1.total_cmp(&b.0.1));
        let heights = names.iter().map(|(end, ..)| end.1 + 0.5 * TICK);
        let heights = flags::spread(heights, TICK * LEADING, panel.bottom);
        for ((end, words, color), y) in names.iter().zip(heights) {
            // A steep line leaves through the bottom: its name stands beside that end.
            let left = if end.0 < panel.right - 1.0 { end.0 } else { panel.right };
            scene.text((left + 3.0, y - 1.0), Anchor::Start, words, Type::new(TICK, *color));
        }
    }

    fn fits(&self, page: &mut Page, panel: &Panel) {
        for fit in self.figure.fits.iter().filter(|f| f.quantity == self.quantity) {
            let own = self.points().filter(|p| p.init == fit.init);
            let own = own.filter_map(|p| p.width.finite()).map(|n| n as f64);
            let (low, high) = own.fold((f64::MAX, 0.0_f64), |(a, b), w| (a.min(w), b.max(w)));
            let at = |n: f64| (n, fit.prefactor * n.powf(fit.exponent));
            let row = DrawnRow::new(self.quantity.column(), "fit", fit.init.label());
            if low > high {
                page.drawn.push(row.label(&exponent_text(fit)).left_out(NO_POINT));
                continue;
            }
            let (a, b) = (at(low), at(high));
            let row = row.at(a.0, a.1).to(b.0, b.1).label(&exponent_text(fit));
            if ![a.1, b.1].into_iter().all(|v| Spacing::Log10.takes(v)) {
                page.drawn.push(row.left_out(reason(a.1, b.1)));
                continue;
            }
            let color = init_color(fit.init);
            panel.line(&mut page.scene, &[a, b], DATA_LINE, color, init_dash(fit.init));
            page.drawn.push(row);
        }
    }

    /// Losses of the inits are often close at all widths: there, marks stand side by side.
    fn aside(&self, init: Init) -> f64 {
        if self.quantity != Quantity::Loss {
            return 0.0;
        }
        let inits = inits(self.figure, self.quantity);
        let index = inits.iter().position(|i| *i == init).unwrap_or(0);
        3.0 * (index as f64 - (inits.len() as f64 - 1.0) / 2.0)
    }

    fn marks(&self, page: &mut Page, panel: &Panel, widths: &Widths) {
        for p in self.points() {
            let (n, x) = (p.width.as_f64(), widths.place(p.width));
            let row = |layer| {
                let row =
                    DrawnRow::new(self.quantity.column(), layer, p.init.label()).width(p.width);
                if p.bracketed { row } else { row.note("hollow") }
            };
            let aside = self.aside(p.init);
            let at = panel.at(x, p.value).map(|at| (at.0 + aside, at.1));
            if p.lower.is_some() || p.upper.is_some() {
                let (low, high) = (p.lower.unwrap_or(f64::NAN), p.upper.unwrap_or(f64::NAN));
                let bar = row("interval").at(n, low).to(n, high);
                let ends = panel.y.at(low).zip(panel.y.at(high));
                match ends.zip(panel.x.at(x)) {
                    Some((ends, x)) => {
                        UPRIGHT.draw(&mut page.scene, x + aside, ends, init_color(p.init));
                        page.drawn.push(bar);
                    }
                    None => page.drawn.push(bar.left_out("an end is missing, or not positive")),
                }
            }
            let point = row("point").at(n, p.value);
            let Some(at) = at else {
                page.drawn.push(point.left_out(reason(x, p.value)));
                continue;
            };
            let color = init_color(p.init);
            init_marker(p.init).draw(&mut page.scene, at, MARKER, color, !p.bracketed);
            page.drawn.push(point);
        }
    }
}

/// Dashes of a predicted exponent, and of another.
pub(crate) const PREDICTED: Dash = &[1.3, 1.7];
pub(crate) const OTHER: Dash = &[2.6, 2.2];

/// Colour and dashes of a guide, and the colour of its name.
fn guide_look(guide: &GuideRow) -> (Rgb, Dash, Rgb) {
    match guide.predicted.as_slice() {
        [] => (GUIDE, OTHER, GREY_TEXT),
        [init] => (init_color(*init), PREDICTED, init_color(*init)),
        // One line for several inits has the colour of none.
        _ => (INK, PREDICTED, INK),
    }
}

/// Where the guides of a panel meet: well above the highest value at the smallest width, clear of the data there.
pub(crate) fn guide_start(figure: &ScalingFigure, quantity: Quantity) -> Option<(f64, f64)> {
    figure.guides.iter().find(|g| g.quantity == quantity)?;
    let shown = || {
        let rows = figure.points.iter().filter(|p| p.quantity == quantity);
        let rows = rows.filter_map(|p| Some((p.width.finite()?, p.value)));
        rows.filter(|&(n, value)| n > 0 && Spacing::Log10.takes(value))
    };
    let first = shown().map(|(n, _)| n).min()?;
    let highest = shown().filter(|(n, _)| *n == first).map(|(_, value)| value).reduce(f64::max)?;
    Some((first as f64, highest * 1.8))
}

/// Inits with a point or a fit in a panel.
fn inits(figure: &ScalingFigure, quantity: Quantity) -> Vec<Init> {
    let seen = |init: &Init| {
        figure.points.iter().any(|p| p.quantity == quantity && p.init == *init)
            || figure.fits.iter().any(|f| f.quantity == quantity && f.init == *init)
    };
    Init::ALL.into_iter().filter(seen).collect()
}

/// The texts of a panel's key: name and fit, then the prediction if there is one.
fn key_lines(figure: &ScalingFigure, quantity: Quantity) -> Vec<(Init, String, Option<String>)> {
    let fit = |init| figure.fits.iter().find(|f| f.quantity == quantity && f.init == init);
    let line = |init: Init| match fit(init) {
        None => (init, String::new(), None),
        Some(fit) => {
            let predicted = fit.predicted.as_ref().map(|p| format!("predicted n^{{{p}}}"));
            (init, exponent_text(fit), predicted)
        }
    };
    inits(figure, quantity).into_iter().map(line).collect()
}

fn exponent_text(fit: &FitRow) -> String {
    let range = match (fit.lower, fit.upper) {
        (Some(low), Some(high)) => format!(" [{}, {}]", fixed(low, 2), fixed(high, 2)),
        _ => String::new(),
    };
    format!("n^{{{}}}{range}", fixed(fit.exponent, 2))
}

/// Height of a panel's key.
pub(crate) fn key_height(figure: &ScalingFigure, quantity: Quantity) -> f64 {
    let rows = key_lines(figure, quantity);
    rows.iter().map(|(_, _, p)| KEY_ROW * if p.is_some() { 2.0 } else { 1.0 }).sum::<f64>() + 5.0
}
