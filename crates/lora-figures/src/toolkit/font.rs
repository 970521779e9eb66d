//! The bundled DejaVu Sans and its glyph widths.
//!
//! The drawing library measures whole strings in whole pixels and drops each glyph's left side bearing, so both
//! are read here from the font.

use std::sync::OnceLock;

use plotters::style::{FontStyle, register_font};
use ttf_parser::Face;

use crate::error::FigureError;

/// Name under which the font is registered; what the SVG names first.
pub const FAMILY: &str = "DejaVu Sans";
/// What the SVG asks for; the others have nearly the same widths.
pub(crate) const FAMILY_LIST: &str = "DejaVu Sans, Verdana, Arial, sans-serif";
/// Ascent plus descent over the em: the drawing library sizes glyphs by the former.
pub(crate) const HEIGHT_PER_EM: f64 = (1901.0 + 483.0) / 2048.0;

static REGULAR: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");
static BOLD: &[u8] = include_bytes!("../../assets/DejaVuSans-Bold.ttf");

/// Registers both weights with the drawing library, which then finds them by the family's name;
/// repeating it does no harm.
///
/// # Errors
/// [`FigureError::Font`] if the library cannot read the bundled font, which does not happen.
pub fn register() -> Result<(), FigureError> {
    register_font(FAMILY, FontStyle::Normal, REGULAR)
        .map_err(|_| FigureError::Font("DejaVuSans.ttf"))?;
    register_font(FAMILY, FontStyle::Bold, BOLD)
        .map_err(|_| FigureError::Font("DejaVuSans-Bold.ttf"))
}

/// Horizontal metrics of one glyph, in ems.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    pub advance: f64,
    pub bearing: f64,
}

/// What is taken for a character that the font does not have.
const UNKNOWN: Glyph = Glyph { advance: 0.6, bearing: 0.05 };

/// Metrics of `c` in the regular or bold weight.
pub(crate) fn glyph(c: char, bold: bool) -> Glyph {
    static FACES: [OnceLock<Option<Face<'static>>>; 2] = [OnceLock::new(), OnceLock::new()];
    let data = if bold { BOLD } else { REGULAR };
    let face = FACES[usize::from(bold)].get_or_init(|| Face::parse(data, 0).ok());
    face.as_ref().and_then(|face| read(face, c)).unwrap_or(UNKNOWN)
}

/// Width of plain text in points.
pub(crate) fn plain_width(text: &str, size: f64, bold: bool) -> f64 {
    text.chars().map(|c| glyph(c, bold).advance * size).sum()
}

fn read(face: &Face, c: char) -> Option<Glyph> {
    let id = face.glyph_index(c)?;
    let ems = |units: f64| units / f64::from(face.units_per_em());
    Some(Glyph {
        advance: ems(f64::from(face.glyph_hor_advance(id)?)),
        bearing: ems(f64::from(face.glyph_hor_side_bearing(id)?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // From the font's own tables: 'n' is 1298 wide and starts at 186, of 2048.
        let n = glyph('n', false);
        assert!((n.advance - 1298.0 / 2048.0).abs() < 1e-9);
        assert!((n.bearing - 186.0 / 2048.0).abs() < 1e-9);
        assert!(glyph('n', true).advance > n.advance);
        assert_ne!(glyph('η', false), UNKNOWN);
        assert_ne!(glyph('−', false), UNKNOWN);
        assert_ne!(glyph('∞', false), UNKNOWN);
        assert_eq!(glyph('\u{10FFFF}', false), UNKNOWN);
    }
}
