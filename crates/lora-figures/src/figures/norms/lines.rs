//! Lines of the figure of norms: each seed, and their mean.

use crate::rows::sweep::{NormMeanRow, NormRow};
use crate::toolkit::drawn::{DrawnRow, reason};
use crate::toolkit::marker::{init_dash, init_marker};
use crate::toolkit::page::Page;
use crate::toolkit::palette::init_color;
use crate::toolkit::panel::Panel;
use crate::toolkit::scale::Spacing;
use crate::toolkit::style::DATA_LINE;

/// How much paler than its mean a seed is.
const PALE: f64 = 0.5;

/// One thin pale line.
pub(crate) fn seed<'a>(page: &mut Page, panel: &Panel, run: impl Iterator<Item = &'a NormRow>) {
    let mut run: Vec<&NormRow> = run.collect();
    run.sort_by_key(|r| r.step);
    let Some(init) = run.first().map(|r| r.init) else { return };
    let color = init_color(init).lighter(PALE);
    let points: Vec<(f64, f64)> = run.iter().map(|r| (r.step as f64, r.norm)).collect();
    panel.line(&mut page.scene, &points, 0.55, color, init_dash(init));
    if let [only] = points.as_slice()
        && let Some(at) = panel.at(only.0, only.1)
    {
        init_marker(init).draw(&mut page.scene, at, 1.6, color, false);
    }
    let drawn = run.iter().map(|r| {
        let row = DrawnRow::new(r.feature.key(), "line", r.init.label());
        let row = row.width(r.width).seed(r.seed).at(r.step as f64, r.norm);
        if Spacing::Log10.takes(r.norm) { row } else { row.left_out(reason(1.0, r.norm)) }
    });
    page.drawn.extend(drawn);
}

/// The thick line, with a few markers that tell the init.
pub(crate) fn mean<'a>(
    page: &mut Page,
    panel: &Panel,
    mean: impl Iterator<Item = &'a NormMeanRow>,
) {
    let mut mean: Vec<&NormMeanRow> = mean.collect();
    mean.sort_by_key(|m| m.step);
    let Some(init) = mean.first().map(|m| m.init) else { return };
    let color = init_color(init);
    let points: Vec<(f64, f64)> = mean.iter().map(|m| (m.step as f64, m.norm)).collect();
    panel.line(&mut page.scene, &points, 1.3 * DATA_LINE, color, init_dash(init));
    let every = mean.len().div_ceil(5).max(1);
    // Staggered, so that the inits' markers do not coincide.
    let first = every / 4 + every * (init as usize) / 3;
    for (index, point) in points.iter().enumerate() {
        let here = index % every == first % every || points.len() == 1;
        if let Some(at) = panel.at(point.0, point.1).filter(|_| here) {
            init_marker(init).draw(&mut page.scene, at, 2.1, color, false);
        }
    }
    let drawn = mean.iter().map(|m| {
        let row = DrawnRow::new(m.feature.key(), "mean", m.init.label());
        let row = row.width(m.width).at(m.step as f64, m.norm);
        if Spacing::Log10.takes(m.norm) { row } else { row.left_out(reason(1.0, m.norm)) }
    });
    page.drawn.extend(drawn);
}
