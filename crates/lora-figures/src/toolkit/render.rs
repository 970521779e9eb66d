//! Draws a scene with any plotters backend, as the bytes of a PNG or an SVG.

use std::io::Cursor;
use std::path::Path;

use image::{ColorType, ImageOutputFormat, write_buffer_with_format};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, FontTransform, IntoFont, RGBColor, ShapeStyle, TextStyle};

use crate::error::{FigureError, PngError};
use crate::toolkit::font;
use crate::toolkit::palette::Rgb;
use crate::toolkit::scene::{Anchor, Label, Pt, Scene, Shape};
use crate::toolkit::style::{SVG_UNITS, Style};

/// Refuses pictures beyond this many pixels (three bytes each).
const MOST_PIXELS: u64 = 200_000_000;

/// A backend with its units per point.
struct Pen<'a, DB> {
    backend: &'a mut DB,
    scale: f64,
    /// Bitmap: wide lines and glyphs are placed here, since the library rounds both coarsely.
    bitmap: bool,
}

impl<DB: DrawingBackend> Pen<'_, DB> {
    fn scene(&mut self, scene: &Scene) -> Result<(), String> {
        self.polygon(
            &[(0.0, 0.0), (scene.width, 0.0), (scene.width, scene.height), (0.0, scene.height)],
            crate::toolkit::palette::WHITE,
        )?;
        scene.shapes.iter().try_for_each(|shape| match shape {
            Shape::Line { points, width, color } => self.line(points, *width, *color),
            Shape::Polygon { points, color } => self.polygon(points, *color),
            Shape::Disc { center, radius, color } => self.disc(*center, *radius, *color),
            Shape::Text(label) if self.bitmap => self.glyphs(label),
            Shape::Text(label) => self.text(label),
        })
    }

    fn unit(&self, at: Pt) -> (i32, i32) {
        ((at.0 * self.scale).round() as i32, (at.1 * self.scale).round() as i32)
    }

    fn polygon(&mut self, points: &[Pt], color: Rgb) -> Result<(), String> {
        let whole: Vec<_> = points.iter().map(|&p| self.unit(p)).collect();
        let style = filled(color);
        // An upright rectangle is drawn exactly.
        if let [a, b, c, d] = whole[..]
            && (a.1, b.0, c.1, d.0) == (b.1, c.0, d.1, a.0)
            && c.0 > a.0
            && c.1 > a.1
        {
            return self.backend.draw_rect(a, c, &style, true).map_err(|e| e.to_string());
        }
        self.backend.fill_polygon(whole, &style).map_err(|e| e.to_string())
    }

    fn disc(&mut self, center: Pt, radius: f64, color: Rgb) -> Result<(), String> {
        let radius = (radius * self.scale).round().max(1.0) as u32;
        let center = self.unit(center);
        self.backend.draw_circle(center, radius, &filled(color), true).map_err(|e| e.to_string())
    }

    fn line(&mut self, points: &[Pt], width: f64, color: Rgb) -> Result<(), String> {
        if self.bitmap {
            return self.segments(points, width, color);
        }
        let whole: Vec<_> = points.iter().map(|&p| self.unit(p)).collect();
        let stroke = (width * self.scale).round().max(1.0) as u32;
        let style = ShapeStyle { stroke_width: stroke, ..filled(color) };
        self.backend.draw_path(whole, &style).map_err(|e| e.to_string())
    }

    /// A wide line as one quadrilateral per segment, with round joints.
    fn segments(&mut self, points: &[Pt], width: f64, color: Rgb) -> Result<(), String> {
        let half = width / 2.0;
        for pair in points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let length = dx.hypot(dy);
            if length < 1e-9 {
                continue;
            }
            let (nx, ny) = (-dy / length * half, dx / length * half);
            let mut corners = [
                (a.0 - nx, a.1 - ny),
                (b.0 - nx, b.1 - ny),
                (b.0 + nx, b.1 + ny),
                (a.0 + nx, a.1 + ny),
            ];
            if dx == 0.0 || dy == 0.0 {
                let (low, high) = bounds(&corners);
                corners = [low, (high.0, low.1), high, (low.0, high.1)];
            }
            self.polygon(&corners, color)?;
        }
        if half * self.scale >= 2.0 {
            for &joint in points.iter().skip(1).take(points.len().saturating_sub(2)) {
                self.disc(joint, half, color)?;
            }
        }
        Ok(())
    }

    /// Text as the backend's own text element.
    fn text(&mut self, label: &Label) -> Result<(), String> {
        let across = match label.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        // The library divides sizes by 1.24.
        let style = type_style(label, label.kind.size * self.scale * 1.24)
            .pos(Pos::new(across, VPos::Bottom));
        let at = self.unit(label.at);
        self.backend.draw_text(&label.text, &style, at).map_err(|e| e.to_string())
    }

    /// Text glyph by glyph at the font's own positions.
    fn glyphs(&mut self, label: &Label) -> Result<(), String> {
        let size = label.kind.size;
        let total = font::plain_width(&label.text, size, label.kind.bold);
        let mut along = match label.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -total / 2.0,
            Anchor::End => -total,
        };
        let height = size * font::HEIGHT_PER_EM;
        let style = type_style(label, height * self.scale);
        for c in label.text.chars() {
            let glyph = font::glyph(c, label.kind.bold);
            let start = along + glyph.bearing * size;
            // The library puts the baseline half the height below the given point.
            let at = if label.turned {
                (label.at.0 - height / 2.0, label.at.1 - start)
            } else {
                (label.at.0 + start, label.at.1 - height / 2.0)
            };
            let at = self.unit(at);
            self.backend
                .draw_text(c.encode_utf8(&mut [0; 4]), &style, at)
                .map_err(|e| e.to_string())?;
            along += glyph.advance * size;
        }
        Ok(())
    }
}

fn filled(color: Rgb) -> ShapeStyle {
    ShapeStyle { color: library_color(color).into(), filled: true, stroke_width: 1 }
}

fn library_color(color: Rgb) -> RGBColor {
    RGBColor(color.0, color.1, color.2)
}

fn type_style(label: &Label, size: f64) -> TextStyle<'static> {
    let weight = if label.kind.bold { FontStyle::Bold } else { FontStyle::Normal };
    let mut face = (font::FAMILY, size).into_font().style(weight);
    // The font data is looked up when the description is made, so it is made with its weight.
    if label.kind.bold {
        face = (font::FAMILY, size, weight).into_font();
    }
    if label.turned {
        face = face.transform(FontTransform::Rotate270);
    }
    face.color(&library_color(label.kind.color))
}

fn bounds(points: &[Pt; 4]) -> (Pt, Pt) {
    points.iter().fold(((f64::MAX, f64::MAX), (f64::MIN, f64::MIN)), |(low, high), p| {
        ((low.0.min(p.0), low.1.min(p.1)), (high.0.max(p.0), high.1.max(p.1)))
    })
}

/// The scene as an SVG of natural size. Errors name `path`.
pub(crate) fn svg(scene: &Scene, title: &str, path: &Path) -> Result<String, FigureError> {
    font::register()?;
    let size = (
        (scene.width * f64::from(SVG_UNITS)).round() as u32,
        (scene.height * f64::from(SVG_UNITS)).round() as u32,
    );
    let mut body = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut body, size);
        let mut pen = Pen { backend: &mut backend, scale: f64::from(SVG_UNITS), bitmap: false };
        let drawn = pen.scene(scene);
        drawn.and_then(|()| backend.present().map_err(|e| e.to_string()))
    }
    .map_err(|message| FigureError::Draw { path: path.to_owned(), message })?;
    Ok(finish_svg(&body, size, scene, title))
}

/// Natural size, fallback fonts, baselines as given and a title for readers of the text.
fn finish_svg(body: &str, size: (u32, u32), scene: &Scene, title: &str) -> String {
    let given = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let natural = format!("<svg width=\"{}pt\" height=\"{:.1}pt\"", scene.width, scene.height);
    let plain: String = title.chars().filter(|c| !c.is_control() && !"{}".contains(*c)).collect();
    let escaped = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let body = body
        .replacen(&given, &natural, 1)
        .replacen(">\n", &format!(" role=\"img\">\n<title>{escaped}</title>\n"), 1)
        .replace(" dy=\"-0.5ex\"", "")
        .replace(
            &format!("font-family=\"{}\"", font::FAMILY),
            &format!("font-family=\"{}\"", font::FAMILY_LIST),
        );
    // A line break inside a text element counts as a space and shifts anchored text.
    let mut out = String::with_capacity(body.len());
    let mut lines = body.lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        let text_goes_on = line.starts_with("<text ")
            || lines.peek().is_some_and(|next| next.starts_with("</text>"));
        if !text_goes_on {
            out.push('\n');
        }
    }
    out
}

/// The scene as a PNG. Errors name `path`.
pub(crate) fn png(scene: &Scene, style: &Style, path: &Path) -> Result<Vec<u8>, FigureError> {
    font::register()?;
    let fine = style.oversample.max(1);
    let pixels = |points: f64| (points * f64::from(style.png_scale)).ceil() as u64;
    let (width, height) = (pixels(scene.width), pixels(scene.height));
    let (wide, high) = (width * u64::from(fine), height * u64::from(fine));
    if wide == 0 || high == 0 || wide.saturating_mul(high) > MOST_PIXELS {
        return Err(FigureError::Size { path: path.to_owned(), width: wide, height: high });
    }
    let mut buffer = vec![255_u8; (wide * high * 3) as usize];
    draw_bitmap(scene, f64::from(style.png_scale * fine), &mut buffer, (wide as u32, high as u32))
        .and_then(|()| {
            let small = shrink(&buffer, width as usize, height as usize, fine as usize);
            encode_png(&small, (width as u32, height as u32)).map_err(|error| error.to_string())
        })
        .map_err(|message| FigureError::Draw { path: path.to_owned(), message })
}

fn draw_bitmap(
    scene: &Scene,
    scale: f64,
    buffer: &mut [u8],
    size: (u32, u32),
) -> Result<(), String> {
    let mut backend = BitMapBackend::with_buffer(buffer, size);
    Pen { backend: &mut backend, scale, bitmap: true }.scene(scene)?;
    backend.present().map_err(|e| e.to_string())
}

/// Means of `fine` × `fine` pixels.
fn shrink(buffer: &[u8], width: usize, height: usize, fine: usize) -> Vec<u8> {
    let stride = width * fine * 3;
    let mut out = Vec::with_capacity(width * height * 3);
    let mut sums = vec![0_u32; width * 3];
    for rows in buffer.chunks_exact(stride * fine) {
        sums.fill(0);
        for row in rows.chunks_exact(stride) {
            for (sum, cell) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * fine)) {
                for pixel in cell.chunks_exact(3) {
                    for (total, &value) in sum.iter_mut().zip(pixel) {
                        *total += u32::from(value);
                    }
                }
            }
        }
        let count = (fine * fine) as u32;
        out.extend(sums.iter().map(|&sum| ((sum + count / 2) / count) as u8));
    }
    out
}

/// Finished pixels, three bytes each, as the PNG that the drawing library would save.
///
/// # Errors
/// [`PngError`] if there are not as many pixels as the size says, or if the encoder fails.
pub fn encode_png(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, PngError> {
    if pixels.len() as u64 != 3 * u64::from(width) * u64::from(height) {
        return Err(PngError::Size { bytes: pixels.len(), width, height });
    }
    let mut bytes = Cursor::new(Vec::new());
    let png = ImageOutputFormat::Png;
    write_buffer_with_format(&mut bytes, pixels, width, height, ColorType::Rgb8, png)?;
    Ok(bytes.into_inner())
}
