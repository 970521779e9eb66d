//! A picture as a list of shapes in points, before any drawing library.

use crate::toolkit::palette::Rgb;
use crate::toolkit::text;

/// A position in points, y downwards.
pub(crate) type Pt = (f64, f64);

/// Which part of a text stands at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Type {
    pub size: f64,
    pub color: Rgb,
    pub bold: bool,
}

impl Type {
    pub(crate) fn new(size: f64, color: Rgb) -> Self {
        Self { size, color, bold: false }
    }

    pub(crate) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
}

/// One run of text on a baseline.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    /// Where `anchor` stands, on the baseline.
    pub at: Pt,
    pub anchor: Anchor,
    pub text: String,
    pub kind: Type,
    /// Reads upwards.
    pub turned: bool,
}

/// Something to draw. Later shapes cover earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Line { points: Vec<Pt>, width: f64, color: Rgb },
    Polygon { points: Vec<Pt>, color: Rgb },
    Disc { center: Pt, radius: f64, color: Rgb },
    Text(Label),
}

/// Lengths of dash and gap in points; empty for a full line.
pub(crate) type Dash = &'static [f64];

pub(crate) const SOLID: Dash = &[];

/// All shapes of a figure and its size.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Scene {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
}

impl Scene {
    pub(crate) fn line(&mut self, points: &[Pt], width: f64, color: Rgb) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points: points.to_vec(), width, color });
        }
    }

    pub(crate) fn dashed(&mut self, points: &[Pt], width: f64, color: Rgb, dash: Dash) {
        if dash.is_empty() {
            return self.line(points, width, color);
        }
        for piece in dashes(points, dash) {
            self.line(&piece, width, color);
        }
    }

    pub(crate) fn polygon(&mut self, points: &[Pt], color: Rgb) {
        if points.len() > 2 {
            self.shapes.push(Shape::Polygon { points: points.to_vec(), color });
        }
    }

    /// A filled rectangle between two corners.
    pub(crate) fn rect(&mut self, a: Pt, b: Pt, color: Rgb) {
        self.polygon(&[a, (b.0, a.1), b, (a.0, b.1)], color);
    }

    /// The outline of a rectangle.
    pub(crate) fn frame(&mut self, a: Pt, b: Pt, width: f64, color: Rgb) {
        let h = width / 2.0;
        for (p, q) in [
            ((a.0 - h, a.1), (b.0 + h, a.1)),
            ((a.0 - h, b.1), (b.0 + h, b.1)),
            ((a.0, a.1), (a.0, b.1)),
            ((b.0, a.1), (b.0, b.1)),
        ] {
            self.line(&[p, q], width, color);
        }
    }

    pub(crate) fn disc(&mut self, center: Pt, radius: f64, color: Rgb) {
        self.shapes.push(Shape::Disc { center, radius, color });
    }

    /// Marked text with its baseline at `at`; returns its width.
    pub(crate) fn text(&mut self, at: Pt, anchor: Anchor, words: &str, kind: Type) -> f64 {
        self.place(at, anchor, words, kind, false)
    }

    /// Marked text that reads upwards.
    pub(crate) fn turned_text(&mut self, at: Pt, anchor: Anchor, words: &str, kind: Type) -> f64 {
        self.place(at, anchor, words, kind, true)
    }

    fn place(&mut self, at: Pt, anchor: Anchor, words: &str, kind: Type, turned: bool) -> f64 {
        // Control characters are not allowed in an SVG.
        let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let (mut runs, total) = text::runs(&words, kind.size, kind.bold);
        if let [only] = runs.as_mut_slice()
            && only.rise == 0.0
            && only.offset == 0.0
        {
            let text = std::mem::take(&mut only.text);
            self.shapes.push(Shape::Text(Label { at, anchor, text, kind, turned }));
            return total;
        }
        let start = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -total / 2.0,
            Anchor::End => -total,
        };
        for run in runs {
            let along = start + run.offset;
            let at = if turned {
                (at.0 - run.rise, at.1 - along)
            } else {
                (at.0 + along, at.1 - run.rise)
            };
            let kind = Type { size: run.size, ..kind };
            let label = Label { at, anchor: Anchor::Start, text: run.text, kind, turned };
            self.shapes.push(Shape::Text(label));
        }
        total
    }
}

/// Cuts a path into its dashes.
fn dashes(points: &[Pt], dash: Dash) -> Vec<Vec<Pt>> {
    let mut out = Vec::new();
    let (mut index, mut left, mut piece) = (0, dash[0], Vec::new());
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = dx.hypot(dy);
            // No figure is this long; a dash each few points would take for ever.
            if length.is_nan() || length > 1e5 {
                return vec![points.to_vec()];
            }
            let on = index % 2 == 0;
            if on && piece.is_empty() {
                piece.push(from);
            }
            if length <= left {
                left -= length;
                if on {
                    piece.push(to);
                }
                break;
            }
            from = (from.0 + dx * left / length, from.1 + dy * left / length);
            if on {
                piece.push(from);
                out.push(std::mem::take(&mut piece));
            }
            index += 1;
            left = dash[index % dash.len()].max(0.1);
        }
    }
    if piece.len() > 1 {
        out.push(piece);
    }
    out
}

/// The part of a segment inside a box, by Liang and Barsky's method.
pub(crate) fn clip(a: Pt, b: Pt, low: Pt, high: Pt) -> Option<(Pt, Pt)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (p, q) in [(-dx, a.0 - low.0), (dx, high.0 - a.0), (-dy, a.1 - low.1), (dy, high.1 - a.1)] {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            enter = enter.max(q / p);
        } else {
            leave = leave.min(q / p);
        }
    }
    let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
    (enter <= leave).then(|| (at(enter), at(leave)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_their_share() {
        let pieces = dashes(&[(0.0, 0.0), (7.0, 0.0), (20.0, 0.0)], &[3.0, 2.0]);
        let total: f64 =
            pieces.iter().flat_map(|p| p.windows(2)).map(|w| (w[1].0 - w[0].0).abs()).sum();
        assert!((total - 12.0).abs() < 1e-9);
    }

    #[test]
    fn clipping_keeps_the_inside() {
        let inside = clip((-1.0, 0.5), (2.0, 0.5), (0.0, 0.0), (1.0, 1.0));
        assert_eq!(inside, Some(((0.0, 0.5), (1.0, 0.5))));
        assert_eq!(clip((-1.0, 2.0), (2.0, 2.0), (0.0, 0.0), (1.0, 1.0)), None);
    }
}
