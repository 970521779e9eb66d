//! Keys with their names, in rows outside the axes.

use crate::toolkit::bar::LYING;
use crate::toolkit::marker::Marker;
use crate::toolkit::palette::{GUIDE, INK, Rgb, WHITE};
use crate::toolkit::scale::{Scale, Spacing};
use crate::toolkit::scene::{Anchor, Dash, Pt, Scene, Type};
use crate::toolkit::spot::Spot;
use crate::toolkit::style::{DATA_LINE, LABEL, MARKER};
use crate::toolkit::text;

/// The sample in front of a legend text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    /// A line, with a marker on it or not.
    Line { color: Rgb, dash: Dash, marker: Option<Marker> },
    /// A marker alone.
    Point { color: Rgb, marker: Marker, hollow: bool },
    /// A small point.
    Dot { color: Rgb },
    /// A short upright line.
    Tick { color: Rgb },
    /// A filled area.
    Area { color: Rgb, hatched: bool },
    /// An area with a point on it.
    Spot { area: Rgb, hatched: bool, point: Rgb },
    /// A measured point of the map.
    Measured { spot: Spot },
    /// An interval that goes on.
    Arrow { color: Rgb },
    /// A place with its number.
    Number { number: usize },
}

/// A key and its name.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub key: Key,
    pub name: String,
}

impl Item {
    pub(crate) fn new(key: Key, name: impl Into<String>) -> Self {
        Self { key, name: name.into() }
    }
}

/// Height of one row.
pub(crate) const ROW: f64 = 11.5;
const KEY_GAP: f64 = 4.0;
const ITEM_GAP: f64 = 14.0;
/// Distance of slanted lines.
const HATCH: f64 = 4.5;

impl Key {
    /// Room taken by the sample.
    pub(crate) fn width(self) -> f64 {
        match self {
            Key::Line { .. } => 20.0,
            Key::Point { .. } | Key::Measured { .. } => 7.0,
            Key::Dot { .. } | Key::Tick { .. } => 4.0,
            Key::Area { .. } | Key::Spot { .. } | Key::Arrow { .. } => 14.0,
            Key::Number { .. } => NUMBER,
        }
    }

    /// Draws the sample with its left end and middle height at `at`.
    pub(crate) fn draw(self, scene: &mut Scene, (x, y): Pt) {
        let middle = (x + self.width() / 2.0, y);
        match self {
            Key::Line { color, dash, marker } => {
                scene.dashed(&[(x, y), (x + self.width(), y)], DATA_LINE, color, dash);
                if let Some(marker) = marker {
                    marker.draw(scene, middle, MARKER, color, false);
                }
            }
            Key::Point { color, marker, hollow } => {
                marker.draw(scene, middle, MARKER, color, hollow);
            }
            Key::Dot { color } => scene.disc(middle, 1.2, color),
            Key::Tick { color } => {
                scene.line(&[(middle.0, y - 4.0), (middle.0, y + 4.0)], 1.3, color);
            }
            Key::Area { color, hatched } => {
                let (low, high) = ((x, y - 3.6), (x + self.width(), y + 3.6));
                scene.rect(low, high, color);
                if hatched {
                    hatch(scene, low, high, color);
                }
            }
            Key::Spot { area, hatched, point } => {
                Key::Area { color: area, hatched }.draw(scene, (x, y));
                scene.disc(middle, 2.4, point);
            }
            Key::Arrow { color } => {
                let axis = Scale::empty(Spacing::Linear).laid(x, x + self.width());
                LYING.draw_on(scene, y, (x + 1.0, f64::INFINITY), &axis, color);
            }
            Key::Measured { spot } => spot.draw(scene, middle, GUIDE),
            Key::Number { number } => numbered(scene, middle, number),
        }
    }
}

/// Size of a number's box.
pub(crate) const NUMBER: f64 = 8.4;

/// A number in a small box.
pub(crate) fn numbered(scene: &mut Scene, (x, y): Pt, number: usize) {
    let half = NUMBER / 2.0;
    scene.rect((x - half, y - half), (x + half, y + half), WHITE);
    scene.frame((x - half, y - half), (x + half, y + half), 0.7, INK);
    let kind = Type::new(5.8, INK).bold();
    scene.text((x, y + 0.36 * kind.size), Anchor::Middle, &number.to_string(), kind);
}

/// Slanted lines over an area, so that it differs from its neighbour without colour.
pub(crate) fn hatch(scene: &mut Scene, low: Pt, high: Pt, color: Rgb) {
    hatch_in_step(scene, low, high, color, low.0 + low.1 + 2.0);
}

/// The same, through points whose coordinates add up to `step`, so that touching areas join.
pub(crate) fn hatch_in_step(scene: &mut Scene, low: Pt, high: Pt, color: Rgb, step: f64) {
    let tall = high.1 - low.1;
    let ink = color.mix(INK, 0.16);
    let corner = low.0 + low.1;
    let mut x = corner + (step - corner).rem_euclid(HATCH) - high.1;
    while x < high.0 {
        if let Some((a, b)) = crate::toolkit::scene::clip((x, high.1), (x + tall, low.1), low, high)
        {
            scene.line(&[a, b], 0.6, ink);
        }
        x += HATCH;
    }
}

/// Rows of items no wider than `limit`, each with its offset from the left.
fn rows(items: &[Item], limit: f64) -> Vec<Vec<(f64, &Item)>> {
    let mut out: Vec<Vec<(f64, &Item)>> = Vec::new();
    let mut used = f64::INFINITY;
    for item in items {
        let wide = item.key.width() + KEY_GAP + text::width(&item.name, LABEL, false);
        if used + wide > limit || out.is_empty() {
            out.push(Vec::new());
            used = 0.0;
        }
        if let Some(row) = out.last_mut() {
            row.push((used, item));
        }
        used += wide + ITEM_GAP;
    }
    out
}

/// Draws the items in rows from the corner `at`; returns the height used.
pub(crate) fn flow(scene: &mut Scene, at: Pt, items: &[Item], limit: f64) -> f64 {
    let rows = rows(items, limit);
    for (index, row) in rows.iter().enumerate() {
        let y = at.1 + (index as f64 + 0.5) * ROW;
        for (offset, item) in row {
            let x = at.0 + offset;
            item.key.draw(scene, (x, y));
            let start = (x + item.key.width() + KEY_GAP, y + 0.36 * LABEL);
            let name = text::fit(&item.name, LABEL, false, at.0 + limit - start.0);
            scene.text(start, Anchor::Start, &name, Type::new(LABEL, INK));
        }
    }
    rows.len() as f64 * ROW
}
