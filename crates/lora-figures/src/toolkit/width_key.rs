//! The key of curves of several widths, from large to small like their colours from pale to dark.

use crate::toolkit::palette::{INK, sequential};
use crate::toolkit::scene::{Anchor, Scene, Type};
use crate::toolkit::style::{LABEL, TICK};
use crate::toolkit::text;
use lora_types::Width;

const ROW: f64 = 12.0;
const NAME: &str = "width n";
/// A sample of a line with the gap behind it.
const SAMPLE: f64 = 22.0;

/// How wide the key is, with a gap on its right.
pub(crate) fn room(widths: &[Width], gap: f64) -> f64 {
    let names = widths.iter().map(|w| text::width(&w.to_string(), TICK, false));
    names.fold(text::width(NAME, LABEL, false) - SAMPLE, f64::max) + SAMPLE + gap
}

/// Draws it beside a plot of a height. Of more widths than there are rows only some are named.
pub(crate) fn draw(scene: &mut Scene, (x, top): (f64, f64), plot_height: f64, widths: &[Width]) {
    if widths.is_empty() {
        return;
    }
    scene.text((x, top + LABEL), Anchor::Start, NAME, Type::new(LABEL, INK));
    let rows = ((plot_height - 16.0) / ROW) as usize;
    let every = widths.len().div_ceil(rows).max(1);
    for (place, index) in (0..widths.len()).step_by(every).rev().enumerate() {
        let y = top + 19.0 + place as f64 * ROW;
        scene.line(&[(x, y), (x + 16.0, y)], 2.2, sequential(index, widths.len()));
        let at = (x + 20.0, y + 0.36 * TICK);
        scene.text(at, Anchor::Start, &widths[index].to_string(), Type::new(TICK, INK));
    }
}
