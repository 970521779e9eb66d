//! Interval bars with small caps; an end beyond its axis becomes an arrow.

use crate::toolkit::palette::Rgb;
use crate::toolkit::scale::Scale;
use crate::toolkit::scene::{Pt, Scene};

/// Note on a value whose place is taken by an arrow.
pub(crate) const CUT: &str = "beyond the axis: an arrow";

/// How an interval bar looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bar {
    upright: bool,
    stroke: f64,
    cap_stroke: f64,
    /// Half the length of a cap.
    cap: f64,
}

pub(crate) const UPRIGHT: Bar = Bar { upright: true, stroke: 0.9, cap_stroke: 0.9, cap: 1.8 };
pub(crate) const LYING: Bar = Bar { upright: false, stroke: 1.3, cap_stroke: 1.0, cap: 2.2 };
/// For a second interval beside a `LYING` one.
pub(crate) const LYING_THIN: Bar = Bar { upright: false, stroke: 0.7, cap_stroke: 0.7, cap: 1.3 };

impl Bar {
    /// A bar between two positions, `across` away from the axis it runs along.
    pub(crate) fn draw(self, scene: &mut Scene, across: f64, (from, to): (f64, f64), color: Rgb) {
        scene.line(&[self.point(from, across), self.point(to, across)], self.stroke, color);
        for end in [from, to] {
            self.end_cap(scene, end, across, color);
        }
    }

    /// The same, cut to the axis; returns whether an end lies beyond it.
    pub(crate) fn draw_on(
        self,
        scene: &mut Scene,
        across: f64,
        ends: (f64, f64),
        axis: &Scale,
        color: Rgb,
    ) -> bool {
        let (low, high) = (axis.from.min(axis.to), axis.from.max(axis.to));
        let (a, b) = (ends.0.min(ends.1), ends.0.max(ends.1));
        let (from, to) = (a.clamp(low, high), b.clamp(low, high));
        scene.line(&[self.point(from, across), self.point(to, across)], self.stroke, color);
        for end in [a, b].into_iter().filter(|end| *end >= low && *end <= high) {
            self.end_cap(scene, end, across, color);
        }
        if a < low {
            self.arrow(scene, (low, across), -1.0, color);
        }
        if b > high {
            self.arrow(scene, (high, across), 1.0, color);
        }
        a < low || b > high
    }

    fn end_cap(self, scene: &mut Scene, end: f64, across: f64, color: Rgb) {
        let sides = [self.point(end, across - self.cap), self.point(end, across + self.cap)];
        scene.line(&sides, self.cap_stroke, color);
    }

    /// A filled head with its tip at the end of the axis.
    fn arrow(self, scene: &mut Scene, (tip, across): Pt, way: f64, color: Rgb) {
        let (back, half) = (tip - way * 2.2 * self.cap, 1.1 * self.cap);
        let corners = [(tip, across), (back, across - half), (back, across + half)];
        scene.polygon(&corners.map(|(along, across)| self.point(along, across)), color);
    }

    fn point(self, along: f64, across: f64) -> Pt {
        if self.upright { (across, along) } else { (along, across) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolkit::palette::INK;
    use crate::toolkit::scale::Spacing;
    use crate::toolkit::scene::Shape;

    /// Lines and arrow heads of a bar on an axis from 10 to 20 points.
    fn drawn(ends: (f64, f64)) -> (usize, usize) {
        let axis = Scale::empty(Spacing::Linear).laid(10.0, 20.0);
        let mut scene = Scene::default();
        LYING.draw_on(&mut scene, 0.0, ends, &axis, INK);
        let inside = |p: &Pt| p.0 >= 10.0 && p.0 <= 20.0;
        let heads = scene.shapes.iter().filter(|s| match s {
            Shape::Polygon { points, .. } => points.iter().all(inside),
            Shape::Line { points, .. } => {
                assert!(points.iter().all(inside));
                false
            }
            _ => false,
        });
        let heads = heads.count();
        (scene.shapes.len() - heads, heads)
    }

    #[test]
    fn ends_beyond_the_axis_become_arrows() {
        assert_eq!(drawn((12.0, 18.0)), (3, 0));
        assert_eq!(drawn((5.0, 18.0)), (2, 1));
        assert_eq!(drawn((25.0, 5.0)), (1, 2));
        assert_eq!(drawn((1.0, 2.0)).1, 1);
        assert_eq!(drawn((12.0, f64::INFINITY)), (2, 1));
    }
}
