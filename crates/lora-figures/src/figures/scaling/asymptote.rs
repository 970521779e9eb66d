//! The power laws that learning rates tend to as n → ∞.
//!
//! A learning rate c n^γ has no value at n = ∞. Its mark stands on its line, at the place of the infinite width, and the
//! bar through it shows the interval of c.

use crate::figures::scaling::panel::{NO_POINT, Part};
use crate::rows::figures::ScalingFigure;
use crate::rows::sweep::AsymptoteRow;
use crate::toolkit::bar::UPRIGHT;
use crate::toolkit::drawn::{DrawnRow, reason};
use crate::toolkit::marker::init_marker;
use crate::toolkit::numbers::short;
use crate::toolkit::page::Page;
use crate::toolkit::palette::init_color;
use crate::toolkit::panel::Panel;
use crate::toolkit::scene::Dash;
use crate::toolkit::style::MARKER;
use crate::toolkit::width_axis::Widths;
use lora_types::{Quantity, Width};

/// Dashes of a limit's line.
pub(crate) const DASH: Dash = &[5.0, 1.6];

impl Part<'_> {
    fn own(&self) -> impl Iterator<Item = &AsymptoteRow> {
        of(self.figure, self.quantity)
    }

    /// The widths of the panel. The limit's lines lead to an infinite one.
    pub(crate) fn widths(&self) -> Widths {
        widths(self.figure, self.quantity)
    }

    /// From the smallest width to the place of the infinite one, with a mark there.
    pub(crate) fn asymptotes(&self, page: &mut Page, panel: &Panel, widths: &Widths) {
        let finite = self.points().filter_map(|p| p.width.finite());
        let Some(first) = finite.min().map(|n| n as f64) else { return self.no_asymptotes(page) };
        let end = widths.place(Width::Infinite);
        for row in self.own() {
            let at = |n: f64, c: f64| (n, c * n.powf(row.exponent));
            let (start, tip) = (at(first, row.constant), at(end, row.constant));
            let drawn = self.drawn(row, "limit").at(start.0, start.1).to(tip.0, tip.1);
            let Some(piece) = panel.pieces(&[start, tip]).pop() else {
                page.drawn.push(drawn.left_out("outside the panel"));
                continue;
            };
            page.scene.dashed(&piece, 0.8, init_color(row.init), DASH);
            page.drawn.push(drawn);
            self.mark(page, panel, (row, end));
        }
    }

    /// c with its interval, at the place of the infinite width.
    fn mark(&self, page: &mut Page, panel: &Panel, (row, end): (&AsymptoteRow, f64)) {
        let y = |c: f64| panel.y.at(c * end.powf(row.exponent));
        let color = init_color(row.init);
        if let Some((low, high)) = row.lower.zip(row.upper) {
            let drawn = self.drawn(row, "limit interval").width(Width::Infinite);
            let drawn = drawn.at(f64::INFINITY, low).to(f64::INFINITY, high);
            match y(low).zip(y(high)).zip(panel.x.at(end)) {
                Some((ends, x)) => {
                    UPRIGHT.draw(&mut page.scene, x, ends, color);
                    page.drawn.push(drawn.note("of c"));
                }
                None => page.drawn.push(drawn.left_out("an end is missing, or not positive")),
            }
        }
        let drawn = self.drawn(row, "limit point").width(Width::Infinite);
        let drawn = drawn.at(f64::INFINITY, row.constant);
        match panel.at(end, row.constant * end.powf(row.exponent)) {
            Some(at) => {
                init_marker(row.init).draw(&mut page.scene, at, MARKER, color, !row.bracketed);
                page.drawn.push(drawn.note(if row.bracketed { "c" } else { "c, hollow" }));
            }
            None => page.drawn.push(drawn.left_out(reason(end, row.constant))),
        }
    }

    /// Lists the limit's lines where there is nothing to draw them by.
    pub(crate) fn no_asymptotes(&self, page: &mut Page) {
        for row in self.own() {
            page.drawn.push(self.drawn(row, "limit").left_out(NO_POINT));
        }
    }

    fn drawn(&self, row: &AsymptoteRow, layer: &str) -> DrawnRow {
        let label = format!("{} n^{{{}}}", short(row.constant), short(row.exponent));
        DrawnRow::new(self.quantity.column(), layer, row.init.label()).label(&label)
    }
}

fn of(figure: &ScalingFigure, quantity: Quantity) -> impl Iterator<Item = &AsymptoteRow> {
    figure.asymptotes.iter().filter(move |row| row.quantity == quantity)
}

fn widths(figure: &ScalingFigure, quantity: Quantity) -> Widths {
    let points = figure.points.iter().filter(|p| p.quantity == quantity).map(|p| p.width);
    let limit = of(figure, quantity).next().map(|_| Width::Infinite);
    Widths::of(points.chain(limit))
}

/// What the limit's lines need of a panel's height: both ends, and the interval at the infinite width.
pub(crate) fn ends(figure: &ScalingFigure, quantity: Quantity) -> Vec<f64> {
    let finite = figure.points.iter().filter(|p| p.quantity == quantity);
    let Some(first) = finite.filter_map(|p| p.width.finite()).min() else { return Vec::new() };
    let end = widths(figure, quantity).place(Width::Infinite);
    let of_row = |row: &AsymptoteRow| {
        let at = |n: f64, c: f64| c * n.powf(row.exponent);
        let interval = [row.lower, row.upper].into_iter().flatten().map(|c| at(end, c));
        let both = [at(first as f64, row.constant), at(end, row.constant)];
        both.into_iter().chain(interval).collect::<Vec<_>>()
    };
    of(figure, quantity).flat_map(of_row).collect()
}
