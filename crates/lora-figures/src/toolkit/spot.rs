//! The mark of a measured point of the map.

use crate::rows::suite::MapPoint;
use crate::toolkit::marker::cross;
use crate::toolkit::palette::{INK, Rgb, WHITE, WRONG};
use crate::toolkit::scene::{Pt, Scene};

/// Radius of the mark, in points.
const RADIUS: f64 = 2.9;

/// How a measured point compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    Agrees,
    Disagrees,
    Undecided,
}

impl Spot {
    pub(crate) fn of(point: &MapPoint) -> Self {
        match (point.decided, point.agrees) {
            (false, _) => Spot::Undecided,
            (true, true) => Spot::Agrees,
            (true, false) => Spot::Disagrees,
        }
    }

    /// Name in tables.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Spot::Agrees => "agrees",
            Spot::Disagrees => "disagrees",
            Spot::Undecided => "undecided",
        }
    }

    /// A dark ring, a red cross, or a hollow ring.
    pub(crate) fn draw(self, scene: &mut Scene, at: Pt, color: Rgb) {
        let rim = if self == Spot::Agrees { INK } else { WHITE };
        let radius = if self == Spot::Disagrees { RADIUS + 0.7 } else { RADIUS };
        scene.disc(at, radius + 0.7, rim);
        scene.disc(at, radius, color);
        match self {
            Spot::Agrees => {}
            Spot::Undecided => scene.disc(at, RADIUS - 1.1, WHITE),
            Spot::Disagrees => {
                // Thin and long: the colour below must be seen as well.
                cross(scene, at, RADIUS + 1.5, 1.9, WHITE);
                cross(scene, at, RADIUS + 1.3, 1.0, WRONG);
            }
        }
    }
}
