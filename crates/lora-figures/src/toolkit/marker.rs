//! Data markers: one shape per init, so that series differ without colour.

use crate::toolkit::palette::{Rgb, WHITE};
use crate::toolkit::scene::{Dash, Pt, SOLID, Scene};
use lora_types::Init;

/// The outline of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    Circle,
    Diamond,
    Triangle,
    Star,
    Cross,
}

/// Circle, diamond, triangle.
pub(crate) fn init_marker(init: Init) -> Marker {
    match init {
        Init::A => Marker::Circle,
        Init::B => Marker::Diamond,
        Init::AB => Marker::Triangle,
    }
}

/// Full, dashed, dotted.
pub(crate) fn init_dash(init: Init) -> Dash {
    match init {
        Init::A => SOLID,
        Init::B => &[4.2, 1.8],
        Init::AB => &[1.2, 1.5],
    }
}

impl Marker {
    /// Draws the marker with a white rim, so that it stands out from lines below it.
    pub(crate) fn draw(self, scene: &mut Scene, at: Pt, radius: f64, color: Rgb, hollow: bool) {
        self.fill(scene, at, radius + 0.6, WHITE);
        self.fill(scene, at, radius, color);
        if hollow {
            self.fill(scene, at, radius - 0.95, WHITE);
        }
    }

    /// The bare shape.
    pub(crate) fn fill(self, scene: &mut Scene, (x, y): Pt, radius: f64, color: Rgb) {
        match self {
            Marker::Circle => scene.disc((x, y), radius, color),
            Marker::Diamond => {
                let r = radius * 1.3;
                scene.polygon(&[(x, y - r), (x + r, y), (x, y + r), (x - r, y)], color);
            }
            Marker::Triangle => {
                let r = radius * 1.35;
                let (w, h) = (r * 0.866, r * 0.5);
                scene.polygon(&[(x, y - r), (x + w, y + h), (x - w, y + h)], color);
            }
            Marker::Cross => cross(scene, (x, y), radius, 1.0, color),
            Marker::Star => {
                let corner = |i: i32| {
                    let angle = f64::from(i) * std::f64::consts::PI / 5.0;
                    let r = if i % 2 == 0 { radius * 1.5 } else { radius * 0.66 };
                    (x + r * angle.sin(), y - r * angle.cos())
                };
                scene.polygon(&(0..10).map(corner).collect::<Vec<_>>(), color);
            }
        }
    }
}

/// A slanted cross of any stroke.
pub(crate) fn cross(scene: &mut Scene, (x, y): Pt, radius: f64, stroke: f64, color: Rgb) {
    for side in [-1.0, 1.0] {
        let (a, b) = ((x - radius, y - side * radius), (x + radius, y + side * radius));
        scene.line(&[a, b], stroke, color);
    }
}
