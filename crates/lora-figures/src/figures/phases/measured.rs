//! A measured exponent above its bar: marker, interval and numbers.

use crate::rows::kinds::symbol;
use crate::rows::sweep::MeasuredRow;
use crate::toolkit::bar::LYING;
use crate::toolkit::drawn::DrawnRow;
use crate::toolkit::marker::init_marker;
use crate::toolkit::numbers::fixed;
use crate::toolkit::page::Page;
use crate::toolkit::palette::{INK, WHITE, init_color};
use crate::toolkit::scale::Scale;
use crate::toolkit::scene::{Anchor, Scene, Type};
use crate::toolkit::style::{FIGURE_WIDTH, MARGIN, MARKER, TICK};
use crate::toolkit::text;
use lora_types::Quantity;

/// Height of one row of labels, above a bar or below it.
pub(crate) const LABEL_ROW: f64 = 11.0;
/// Gap between an interval and its numbers.
const GAP: f64 = 6.0;

/// One measured exponent with the place of its numbers.
pub(crate) struct MeasuredMark<'a> {
    pub row: &'a MeasuredRow,
    scale: Scale,
    words: String,
    /// Start of the numbers.
    start: f64,
    /// Whether they stand below the interval, since there is no room beside it.
    below: bool,
}

impl<'a> MeasuredMark<'a> {
    pub(crate) fn of(row: &'a MeasuredRow, scale: Scale) -> Self {
        let words = words(row);
        let wide = text::width(&words, TICK, false);
        let limits = (MARGIN, FIGURE_WIDTH - MARGIN);
        let shown = [Some(row.gamma), row.lower, row.upper].into_iter().flatten();
        let shown = shown.filter_map(|gamma| scale.at(gamma));
        let (low, high) = shown.fold((limits.1, limits.0), |(a, b), x| (a.min(x), b.max(x)));
        let (right, left) = (high + GAP, low - GAP - wide);
        let (start, below) = if right + wide <= limits.1 {
            (right, false)
        } else if left >= limits.0 {
            (left, false)
        } else {
            let middle = scale.at(row.gamma).unwrap_or(limits.0);
            ((middle - wide / 2.0).min(limits.1 - wide).max(limits.0), true)
        };
        Self { row, scale, words, start, below }
    }

    pub(crate) fn height(&self) -> f64 {
        if self.below { 2.0 * LABEL_ROW } else { LABEL_ROW }
    }

    /// A thin line from the mark at `top` down to the end of the bar.
    pub(crate) fn leader(&self, scene: &mut Scene, top: f64, bottom: f64) {
        if let Some(x) = self.scale.at(self.row.gamma) {
            let color = init_color(self.row.init);
            scene.dashed(&[(x, top + 0.5 * LABEL_ROW), (x, bottom)], 0.8, color, &[1.6, 1.4]);
        }
    }

    pub(crate) fn draw(&self, page: &mut Page, top: f64) {
        let (row, color) = (self.row, init_color(self.row.init));
        let drawn = |layer| {
            let drawn = DrawnRow::new(&row.bar, layer, row.init.label());
            drawn.label(row.quantity.column())
        };
        let Some(x) = self.scale.at(row.gamma) else {
            page.drawn.push(drawn("measured").at(row.gamma, 0.0).left_out("not finite"));
            return;
        };
        let y = top + 0.5 * LABEL_ROW;
        if let (Some(low), Some(high)) = (row.lower, row.upper) {
            let interval = drawn("interval").at(low, 0.0).to(high, 0.0);
            match self.scale.at(low).zip(self.scale.at(high)) {
                Some((a, b)) => {
                    LYING.draw(&mut page.scene, y, (a, b), color);
                    page.drawn.push(interval);
                }
                None => page.drawn.push(interval.left_out("not finite")),
            }
        }
        let hollow = row.quantity != Quantity::EtaOpt;
        init_marker(row.init).draw(&mut page.scene, (x, y), MARKER, color, hollow);
        self.numbers(&mut page.scene, if self.below { y + LABEL_ROW } else { y });
        page.drawn.push(drawn("measured").at(row.gamma, 0.0));
    }

    fn numbers(&self, scene: &mut Scene, y: f64) {
        let end = self.start + text::width(&self.words, TICK, false);
        scene.rect((self.start - 1.5, y - 4.6), (end + 1.5, y + 4.6), WHITE);
        let at = (self.start, y + 0.36 * TICK);
        scene.text(at, Anchor::Start, &self.words, Type::new(TICK, INK));
    }
}

fn words(row: &MeasuredRow) -> String {
    let symbol = symbol(row.quantity);
    let range = match (row.lower, row.upper) {
        (Some(low), Some(high)) => format!(" [{}, {}]", fixed(low, 2), fixed(high, 2)),
        _ => String::new(),
    };
    format!("{symbol}: {}{range}", fixed(row.gamma, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolkit::scale::Spacing;
    use lora_types::Init;

    /// Wherever an interval lies and however wide it is, its numbers stay on the page and off it.
    #[test]
    fn numbers_are_never_cut_off() {
        for (gamma, low, high) in [
            (-0.75, -0.8, -0.7),
            (-0.01, -0.02, 0.0),
            (-1.5, -1.5, -1.49),
            (-0.75, -1.5, 0.0),
            (-1.45, -1.5, -0.1),
            (-0.1, -1.4, 0.0),
        ] {
            let row = MeasuredRow {
                bar: String::new(),
                init: Init::A,
                quantity: Quantity::EtaStable,
                gamma,
                lower: Some(low),
                upper: Some(high),
            };
            let scale = Scale::over(Spacing::Linear, [-1.5, 0.0], 0.0).unwrap();
            let scale = scale.laid(MARGIN + 10.0, FIGURE_WIDTH - MARGIN - 10.0);
            let mark = MeasuredMark::of(&row, scale);
            let end = mark.start + text::width(&mark.words, TICK, false);
            assert!(mark.start >= MARGIN && end <= FIGURE_WIDTH - MARGIN, "{gamma}");
            let interval = (scale.at(low).unwrap(), scale.at(high).unwrap());
            assert!(mark.below || end < interval.0 || mark.start > interval.1, "{gamma}");
        }
    }
}
