//! A learning rate for each factor: the theory's regimes over both exponents, with measured points.

pub(crate) mod areas;
pub(crate) mod panel;

use std::path::Path;

use lora_types::FeatureRegime;

use crate::error::FigureError;
use crate::figures::lora_plus::areas::usable;
use crate::figures::lora_plus::panel::{DIAGONAL, MapPanel};
use crate::rows::figures::LoraPlusFigure;
use crate::toolkit::axis::{self, Ticks};
use crate::toolkit::legend::{self, Item, Key};
use crate::toolkit::page::{Files, INNER, Page};
use crate::toolkit::palette::INK;
use crate::toolkit::panel::{BELOW, Panel, distinct, label_room};
use crate::toolkit::regime_colors::{feature_regime_color, features_hatched, point_color};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::{Anchor, Type};
use crate::toolkit::spot::Spot;
use crate::toolkit::style::{LABEL, MARGIN, PANEL_TITLE, Style};

const COLUMNS: usize = 2;
const GAP: f64 = 14.0;
/// Room for the name of the vertical axis, which reads upwards.
const NAME_ROOM: f64 = 13.0;
/// Exponents closer than this need no wider axes.
const LEAST_RANGE: f64 = 0.5;
/// Margin around points, as a share of the axis: a mark's frame fits in.
const MARGIN_SHARE: f64 = 0.03;
const X_NAME: &str = "exponent γ_{A} of the learning rate of A";
const Y_NAME: &str = "exponent γ_{B} of the learning rate of B";

/// Draws a panel for each init over (γ_A, γ_B), the diagonal of plain LoRA dashed.
///
/// # Errors
/// [`FigureError`] if the picture is empty or too large, or if a file cannot be written.
pub fn lora_plus(
    figure: &LoraPlusFigure,
    stem: &Path,
    style: &Style,
) -> Result<Files, FigureError> {
    layout(figure).write(&figure.text.title, stem, style)
}

pub(crate) fn layout(figure: &LoraPlusFigure) -> Page {
    let mut page = Page::start(&figure.text);
    let panels = panels(figure);
    // The place of a name is its number, in all panels.
    let labels = distinct(figure.marks.iter().map(|m| m.label.as_str()));
    let axes = Axes::of(figure);
    let inset = NAME_ROOM + label_room(&axes.y_ticks);
    let side = (INNER + GAP) / COLUMNS as f64 - inset - GAP;
    for row in panels.chunks(COLUMNS) {
        let top = page.y + PANEL_TITLE + 8.0;
        for (column, name) in row.iter().enumerate() {
            let left = MARGIN + inset + column as f64 * (side + inset + GAP);
            let panel = Panel::new((left, top), (left + side, top + side), axes.x, axes.y);
            MapPanel { figure, name, panel: &panel, labels: &labels }.draw(&mut page);
            axes.draw(&mut page, &panel);
        }
        page.y = top + side + BELOW + 2.0;
    }
    page.y += 2.0;
    page.y += legend::flow(&mut page.scene, (MARGIN, page.y), &items(figure, &labels), INNER);
    page.finish(&figure.text);
    page
}

/// Panels in order of appearance; without any, an empty one.
fn panels(figure: &LoraPlusFigure) -> Vec<&str> {
    let regions = figure.regions.iter().map(|r| r.panel.as_str());
    let points = figure.points.iter().map(|p| p.panel.as_str());
    let marks = figure.marks.iter().map(|m| m.panel.as_str());
    let names = distinct(regions.chain(points).chain(marks));
    if names.is_empty() { vec![""] } else { names }
}

/// What the panels share. Both axes span the same, so that cells are square.
struct Axes {
    x: Scale,
    y: Scale,
    x_ticks: Ticks,
    y_ticks: Ticks,
}

impl Axes {
    fn of(figure: &LoraPlusFigure) -> Self {
        let Some((x, y)) = range(figure, 0.0) else {
            let (empty, none) = (Scale::empty(Spacing::Linear), Ticks::default());
            return Self { x: empty, y: empty, x_ticks: none.clone(), y_ticks: none };
        };
        let span = |x: Scale, y: Scale| (x.high - x.low).max(y.high - y.low).max(LEAST_RANGE);
        let margin = MARGIN_SHARE * span(x, y);
        let (x, y) = range(figure, margin).unwrap_or((x, y));
        let span = span(x, y);
        let (x, y) = (x.widened(span), y.widened(span));
        let (x_ticks, y_ticks) = (axis::exponent_ticks(&x, 12), axis::exponent_ticks(&y, 12));
        Self { x, y, x_ticks, y_ticks }
    }

    fn draw(&self, page: &mut Page, panel: &Panel) {
        panel.frame(&mut page.scene, &self.x_ticks, &self.y_ticks);
        panel.x_labels(&mut page.scene, &self.x_ticks, &panel.x_name(X_NAME));
        panel.y_labels(&mut page.scene, &self.y_ticks);
        let left = panel.left - label_room(&self.y_ticks) - NAME_ROOM + LABEL;
        let at = (left, (panel.top + panel.bottom) / 2.0);
        page.scene.turned_text(at, Anchor::Middle, Y_NAME, Type::new(LABEL, INK));
    }
}

/// Ranges over all cells, and over points and marks with a margin around them.
fn range(figure: &LoraPlusFigure, margin: f64) -> Option<(Scale, Scale)> {
    let places = figure.points.iter().map(|p| (p.gamma_a, p.gamma_b));
    let places = places.chain(figure.marks.iter().map(|m| (m.gamma_a, m.gamma_b)));
    let places = places.map(|(x, y)| (x, y, margin));
    let cells = figure.regions.iter().filter(|r| usable(r));
    let all = || cells.clone().map(|r| (r.gamma_a, r.gamma_b, r.size / 2.0)).chain(places.clone());
    let over = |values: Vec<f64>| Scale::over(Spacing::Linear, values, 0.0);
    let x = over(all().flat_map(|(x, _, half)| [x - half, x + half]).collect())?;
    Some((x, over(all().flat_map(|(_, y, half)| [y - half, y + half]).collect())?))
}

fn items(figure: &LoraPlusFigure, labels: &[&str]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for regime in FeatureRegime::ALL {
        let shown = figure.regions.iter().any(|r| r.regime == regime)
            || figure.points.iter().any(|p| p.measured == regime);
        let (area, point) = (feature_regime_color(regime), point_color(regime));
        let key = Key::Spot { area, hatched: features_hatched(regime), point };
        items.extend(shown.then(|| Item::new(key, regime.to_string())));
    }
    let spots = [
        (Spot::Agrees, "measured, as predicted"),
        (Spot::Disagrees, "measured, not as predicted"),
        (Spot::Undecided, "measured, undecided"),
    ];
    for (spot, name) in spots {
        let shown = figure.points.iter().any(|p| Spot::of(p) == spot);
        items.extend(shown.then(|| Item::new(Key::Measured { spot }, name)));
    }
    let diagonal = Key::Line { color: INK, dash: DIAGONAL, marker: None };
    if !figure.regions.is_empty() || !figure.points.is_empty() {
        items.push(Item::new(diagonal, "γ_{A} = γ_{B}: plain LoRA"));
    }
    let numbered = labels.iter().enumerate();
    items.extend(numbered.map(|(i, name)| Item::new(Key::Number { number: i + 1 }, *name)));
    items
}
