//! One set of axes: frame, grid, tick labels, and drawing in data coordinates.

use crate::toolkit::axis::Ticks;
use crate::toolkit::palette::{AXIS, GREY_TEXT, GRID, INK, Rgb};
use crate::toolkit::scale::Scale;
use crate::toolkit::scene::{Anchor, Dash, Pt, Scene, Type, clip};
use crate::toolkit::style::{LABEL, PANEL_TITLE, THIN, TICK};
use crate::toolkit::text;

/// Axes on a rectangle of the figure.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
    pub x: Scale,
    pub y: Scale,
}

impl Panel {
    /// Lays the two scales over the rectangle.
    pub(crate) fn new((left, top): Pt, (right, bottom): Pt, x: Scale, y: Scale) -> Self {
        Self { left, top, right, bottom, x: x.laid(left, right), y: y.laid(bottom, top) }
    }

    /// Position of a data point, if both axes take it.
    pub(crate) fn at(&self, x: f64, y: f64) -> Option<Pt> {
        Some((self.x.at(x)?, self.y.at(y)?))
    }

    /// Grid lines at the labelled ticks.
    pub(crate) fn grid(&self, scene: &mut Scene, x: &Ticks, y: &Ticks) {
        for at in x.major.iter().filter_map(|(v, _)| self.x.at(*v)) {
            scene.line(&[(at, self.top), (at, self.bottom)], THIN, GRID);
        }
        for at in y.major.iter().filter_map(|(v, _)| self.y.at(*v)) {
            scene.line(&[(self.left, at), (self.right, at)], THIN, GRID);
        }
    }

    /// Frame and tick marks; drawn after the data so that clipped lines end cleanly.
    pub(crate) fn frame(&self, scene: &mut Scene, x: &Ticks, y: &Ticks) {
        scene.line(&[(self.left, self.bottom), (self.right, self.bottom)], 0.7, AXIS);
        scene.line(&[(self.left, self.top), (self.left, self.bottom)], 0.7, AXIS);
        let marks = |ticks: &Ticks| {
            let major = ticks.major.iter().map(|(v, _)| (*v, 2.6));
            major.chain(ticks.minor.iter().map(|v| (*v, 1.4))).collect::<Vec<_>>()
        };
        for (value, length) in marks(x) {
            if let Some(at) = self.x.at(value) {
                scene.line(&[(at, self.bottom), (at, self.bottom + length)], THIN, AXIS);
            }
        }
        for (value, length) in marks(y) {
            if let Some(at) = self.y.at(value) {
                scene.line(&[(self.left - length, at), (self.left, at)], THIN, AXIS);
            }
        }
    }

    /// Labels of the horizontal axis and its name below them.
    pub(crate) fn x_labels(&self, scene: &mut Scene, ticks: &Ticks, name: &str) {
        for (value, label) in &ticks.major {
            if let Some(at) = self.x.at(*value) {
                let place = (at, self.bottom + 4.6 + TICK);
                scene.text(place, Anchor::Middle, label, Type::new(TICK, INK));
            }
        }
        let middle = (self.left + self.right) / 2.0;
        let place = (middle, self.bottom + 4.6 + 2.0 * TICK + 5.0);
        scene.text(place, Anchor::Middle, name, Type::new(LABEL, INK));
    }

    /// The name of the horizontal axis, cut to the frame's width and a little more.
    pub(crate) fn x_name(&self, name: &str) -> String {
        text::fit(name, LABEL, false, self.right - self.left + 16.0)
    }

    /// Labels of the vertical axis.
    pub(crate) fn y_labels(&self, scene: &mut Scene, ticks: &Ticks) {
        for (value, label) in &ticks.major {
            if let Some(at) = self.y.at(*value) {
                let place = (self.left - 4.6, at + 0.36 * TICK);
                scene.text(place, Anchor::End, label, Type::new(TICK, INK));
            }
        }
    }

    /// Title above the frame, cut if too long.
    pub(crate) fn title(&self, scene: &mut Scene, words: &str, lift: f64) {
        let room = self.right - self.left + 16.0;
        let words = text::fit(words, PANEL_TITLE, true, room);
        let kind = Type::new(PANEL_TITLE, INK).bold();
        scene.text((self.left, self.top - lift), Anchor::Start, &words, kind);
    }

    /// Says that nothing can be drawn here.
    pub(crate) fn no_data(&self, scene: &mut Scene) {
        let middle = ((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0);
        scene.text(middle, Anchor::Middle, "no data", Type::new(LABEL, GREY_TEXT));
    }

    /// A line through data points, cut at the frame. Points the axes cannot take break it.
    pub(crate) fn line(
        &self,
        scene: &mut Scene,
        points: &[(f64, f64)],
        width: f64,
        color: Rgb,
        dash: Dash,
    ) {
        for piece in self.pieces(points) {
            scene.dashed(&piece, width, color, dash);
        }
    }

    /// The visible pieces of a line in points of the figure.
    pub(crate) fn pieces(&self, points: &[(f64, f64)]) -> Vec<Vec<Pt>> {
        let mut out: Vec<Vec<Pt>> = vec![Vec::new()];
        for pair in points.windows(2) {
            let ends = self.at(pair[0].0, pair[0].1).zip(self.at(pair[1].0, pair[1].1));
            let (low, high) = ((self.left, self.top), (self.right, self.bottom));
            let Some((a, b)) = ends.and_then(|(a, b)| clip(a, b, low, high)) else {
                out.push(Vec::new());
                continue;
            };
            let joined = out.last().and_then(|p| p.last()).is_some_and(|&p| near(p, a));
            if !joined {
                out.push(vec![a]);
            }
            if let Some(piece) = out.last_mut() {
                piece.push(b);
            }
        }
        out.retain(|p| p.len() > 1);
        out
    }
}

fn near(a: Pt, b: Pt) -> bool {
    (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6
}

/// Names of panels or series, each once, in order of appearance.
pub(crate) fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut out = Vec::new();
    for name in names {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

/// Room that the labels of a vertical axis need to the left of it.
pub(crate) fn label_room(ticks: &Ticks) -> f64 {
    let widest = ticks.major.iter().map(|(_, label)| text::width(label, TICK, false));
    widest.fold(8.0, f64::max) + 6.0
}

/// Height below a frame for tick labels and the axis name.
pub(crate) const BELOW: f64 = 4.6 + 2.0 * TICK + 9.0;
