//! The bundled DejaVu Sans and its glyph widths.
//!
//! The drawing library measures whole strings in whole pixels and drops each glyph's left side bearing. The two
//! numbers needed per glyph are therefore read here from the font's `cmap`, `hhea` and `hmtx` tables.

use std::sync::OnceLock;

use plotters::style::{FontStyle, register_font};

use crate::error::FigureError;

/// Name under which the font is registered; what the SVG names first.
pub const FAMILY: &str = "DejaVu Sans";
/// What the SVG asks for; the others have nearly the same widths.
pub(crate) const FAMILY_LIST: &str = "DejaVu Sans, Verdana, Arial, sans-serif";
/// Ascent plus descent over the em: the drawing library sizes glyphs by the former.
pub(crate) const HEIGHT_PER_EM: f64 = (1901.0 + 483.0) / 2048.0;

static REGULAR: &[u8] = include_bytes!("../assets/DejaVuSans.ttf");
static BOLD: &[u8] = include_bytes!("../assets/DejaVuSans-Bold.ttf");

/// Registers both weights with the drawing library, which then finds them by the family's name;
/// repeating it does no harm.
///
/// # Errors
///
/// [`FigureError::Font`] if the library cannot read its bundled font, which does not happen.
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

/// What is taken for a character that the font tables do not explain.
const UNKNOWN: Glyph = Glyph { advance: 0.6, bearing: 0.05 };

/// Metrics of `c` in the regular or bold weight.
pub(crate) fn glyph(c: char, bold: bool) -> Glyph {
    static FACES: [OnceLock<Option<Face>>; 2] = [OnceLock::new(), OnceLock::new()];
    let data = if bold { BOLD } else { REGULAR };
    let face = FACES[usize::from(bold)].get_or_init(|| Face::read(data));
    face.as_ref().and_then(|face| face.glyph(c)).unwrap_or(UNKNOWN)
}

/// Width of plain text in points.
pub(crate) fn plain_width(text: &str, size: f64, bold: bool) -> f64 {
    text.chars().map(|c| glyph(c, bold).advance * size).sum()
}

/// Offsets of the tables that matter.
struct Face {
    data: &'static [u8],
    units_per_em: f64,
    long_metrics: usize,
    hmtx: usize,
    /// Start of the format 4 character map.
    cmap: usize,
}

impl Face {
    fn read(data: &'static [u8]) -> Option<Self> {
        let head = table(data, b"head")?;
        let hhea = table(data, b"hhea")?;
        let map = table(data, b"cmap")?;
        let cmap = (0..usize::from(u16_at(data, map + 2)?)).find_map(|i| {
            let start = map + u32_at(data, map + 4 + 8 * i + 4)?;
            (u16_at(data, start)? == 4).then_some(start)
        })?;
        Some(Self {
            data,
            units_per_em: f64::from(u16_at(data, head + 18)?),
            long_metrics: usize::from(u16_at(data, hhea + 34)?),
            hmtx: table(data, b"hmtx")?,
            cmap,
        })
    }

    fn glyph(&self, c: char) -> Option<Glyph> {
        let id = self.index(u16::try_from(u32::from(c)).ok()?)?;
        let last_long = self.long_metrics.checked_sub(1)?;
        let advance = u16_at(self.data, self.hmtx + 4 * id.min(last_long))?;
        let bearing = if id <= last_long {
            self.hmtx + 4 * id + 2
        } else {
            self.hmtx + 4 * self.long_metrics + 2 * (id - self.long_metrics)
        };
        Some(Glyph {
            advance: f64::from(advance) / self.units_per_em,
            bearing: f64::from(u16_at(self.data, bearing)? as i16) / self.units_per_em,
        })
    }

    /// Looks the character up in the map's segments.
    fn index(&self, code: u16) -> Option<usize> {
        let doubled = usize::from(u16_at(self.data, self.cmap + 6)?);
        let (ends, starts) = (self.cmap + 14, self.cmap + 16 + doubled);
        let segment = (0..doubled / 2)
            .find(|i| u16_at(self.data, ends + 2 * i).is_some_and(|end| end >= code))?;
        let start = u16_at(self.data, starts + 2 * segment)?;
        if start > code {
            return None;
        }
        let delta = u16_at(self.data, starts + doubled + 2 * segment)?;
        let offset_at = starts + 2 * doubled + 2 * segment;
        let id = match usize::from(u16_at(self.data, offset_at)?) {
            0 => code.wrapping_add(delta),
            offset => {
                let at = offset_at + offset + 2 * usize::from(code - start);
                match u16_at(self.data, at)? {
                    0 => 0,
                    id => id.wrapping_add(delta),
                }
            }
        };
        Some(usize::from(id))
    }
}

/// Offset of a table in a TrueType file.
fn table(data: &[u8], tag: &[u8; 4]) -> Option<usize> {
    let count = usize::from(u16_at(data, 4)?);
    let entry = (0..count).map(|i| 12 + 16 * i).find(|&at| data.get(at..at + 4) == Some(tag))?;
    u32_at(data, entry + 8)
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?) as usize)
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
        assert_eq!(glyph('\u{10FFFF}', false), UNKNOWN);
    }
}
