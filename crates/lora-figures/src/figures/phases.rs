//! What each learning-rate exponent does, at one glance: regimes as bars over γ, with theory and measurement on them.

pub(crate) mod bar;
pub(crate) mod measured;

use std::path::Path;

use lora_types::Regime;

use crate::error::FigureError;
use crate::figures::phases::bar::{BETWEEN, Block, holds_here_alone};
use crate::rows::figures::PhasesFigure;
use crate::toolkit::axis;
use crate::toolkit::drawn::DrawnRow;
use crate::toolkit::legend::{self, Item, Key};
use crate::toolkit::marker::Marker;
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::{AXIS, GRID, INK};
use crate::toolkit::panel::{BELOW, Panel};
use crate::toolkit::regime_colors::{hatched, regime_color};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::Scene;
use crate::toolkit::style::{FIGURE_WIDTH, MARGIN, Style, THIN};
use lora_types::Init;

/// Draws a bar of regimes for each init and label, over γ in η = Θ(n^γ).
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn phases(figure: &PhasesFigure, stem: &Path, style: &Style) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &PhasesFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let top = page.y;
    let mut bars: Vec<(Init, &str)> = Vec::new();
    for row in &figure.phases {
        if !bars.contains(&(row.init, row.bar.as_str())) {
            bars.push((row.init, &row.bar));
        }
    }
    let Some(scale) = range(figure) else {
        let empty = Scale::empty(Spacing::Linear);
        let panel = Panel::new((MARGIN, top), (MARGIN + INNER, top + 60.0), empty, empty);
        panel.no_data(&mut page.scene);
        for row in &figure.phases {
            let drawn = DrawnRow::new(&row.bar, "regime", row.init.label());
            let drawn = drawn.at(row.from, 0.0).to(row.to, 0.0).label(&row.regime.to_string());
            page.drawn.push(drawn.left_out("not finite"));
        }
        // Without a bar to stand on, the rest is left out as well.
        left_out(&mut page, figure, &[]);
        page.y += 60.0;
        page.finish(&figure.text);
        return page;
    };
    left_out(&mut page, figure, &bars);
    let scale = scale.laid(MARGIN + 10.0, FIGURE_WIDTH - MARGIN - 10.0);
    let blocks: Vec<Block> =
        bars.iter().map(|&(init, bar)| Block::of(figure, scale, init, bar)).collect();
    let bottom = top + blocks.iter().map(Block::height).sum::<f64>() - BETWEEN + 4.0;
    axis(&mut page.scene, scale, top, bottom);
    let mut y = top;
    for block in &blocks {
        block.draw(&mut page, y);
        y += block.height();
    }
    page.y = bottom + BELOW + 3.0;
    page.y += legend::flow(&mut page.scene, (MARGIN, page.y), &items(figure), INNER);
    page.finish(&figure.text);
    page
}

/// Everything shown, a little wider than the outermost mark.
fn range(figure: &PhasesFigure) -> Option<Scale> {
    let ends = figure.phases.iter().flat_map(|p| [p.from, p.to]);
    let ends = ends.filter(|_| !figure.phases.is_empty());
    let critical = figure.critical.iter().map(|c| c.gamma);
    let measured = figure.measured.iter();
    let measured = measured.flat_map(|m| [Some(m.gamma), m.lower, m.upper]).flatten();
    Scale::over(Spacing::Linear, ends.clone(), 0.0)?;
    Scale::over(Spacing::Linear, ends.chain(critical).chain(measured), 0.0)
}

/// Lists rows that belong to no bar.
fn left_out(page: &mut Page, figure: &PhasesFigure, bars: &[(Init, &str)]) {
    let why = "no such bar";
    for row in figure.critical.iter().filter(|c| !bars.contains(&(c.init, c.bar.as_str()))) {
        let drawn = DrawnRow::new(&row.bar, "critical", row.init.label()).at(row.gamma, 0.0);
        page.drawn.push(drawn.label(&row.text).left_out(why));
    }
    for row in figure.measured.iter().filter(|m| !bars.contains(&(m.init, m.bar.as_str()))) {
        let drawn = DrawnRow::new(&row.bar, "measured", row.init.label()).at(row.gamma, 0.0);
        page.drawn.push(drawn.label(row.quantity.column()).left_out(why));
    }
}

fn axis(scene: &mut Scene, scale: Scale, top: f64, bottom: f64) {
    let flat = Scale::empty(Spacing::Linear);
    let panel = Panel::new((scale.from, top), (scale.to, bottom), scale, flat);
    let ticks = axis::quarter_ticks(&scale);
    for x in ticks.major.iter().filter_map(|(v, _)| scale.at(*v)) {
        scene.line(&[(x, top), (x, bottom)], THIN, GRID);
        scene.line(&[(x, bottom), (x, bottom + 2.6)], THIN, AXIS);
    }
    scene.line(&[(scale.from, bottom), (scale.to, bottom)], 0.7, AXIS);
    panel.x_labels(scene, &ticks, "exponent γ of the learning rate, η = Θ(n^{γ})");
}

fn items(figure: &PhasesFigure) -> Vec<Item> {
    let at_points = figure.critical.iter().filter(|c| holds_here_alone(figure, c));
    let mut used: Vec<Regime> = at_points.map(|c| c.regime).collect();
    used.extend(figure.phases.iter().map(|p| p.regime));
    let area = |r| Key::Area { color: regime_color(r), hatched: hatched(r) };
    let shown = Regime::ALL.into_iter().filter(|r| used.contains(r));
    let mut items: Vec<Item> = shown.map(|r| Item::new(area(r), r.to_string())).collect();
    if !figure.critical.is_empty() {
        items.push(Item::new(Key::Tick { color: INK }, "theory"));
    }
    if !figure.measured.is_empty() {
        // The text at each mark says which of the two it is.
        let key = Key::Point { color: INK, marker: Marker::Circle, hollow: false };
        items.push(Item::new(key, "measured, with interval"));
    }
    items
}
