//! Colours that stay apart for colour-blind readers and in greyscale.
//!
//! All colours are opaque; a lighter one is mixed with white beforehand, so that overlapping strokes do not darken.

use lora_types::{Init, Verdict};

/// An opaque colour: red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(
    /// Red.
    pub u8,
    /// Green.
    pub u8,
    /// Blue.
    pub u8,
);

impl Rgb {
    /// As `#RRGGBB`.
    pub fn hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }

    /// This colour with the share `white` of white mixed in.
    pub(crate) fn lighter(self, white: f64) -> Rgb {
        self.mix(WHITE, white)
    }

    /// Linear blend: 0 is `self`, 1 is `other`.
    pub fn mix(self, other: Rgb, share: f64) -> Rgb {
        let share = share.clamp(0.0, 1.0);
        let part =
            |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Rgb(part(self.0, other.0), part(self.1, other.1), part(self.2, other.2))
    }
}

pub(crate) const WHITE: Rgb = Rgb(255, 255, 255);
pub(crate) const INK: Rgb = Rgb(0x22, 0x22, 0x22);
/// Captions and secondary text.
pub(crate) const GREY_TEXT: Rgb = Rgb(0x5E, 0x5E, 0x5E);
/// Axis frames and tick marks.
pub(crate) const AXIS: Rgb = Rgb(0x55, 0x55, 0x55);
pub(crate) const GRID: Rgb = Rgb(0xE2, 0xE2, 0xE2);
/// Reference lines that are not data.
pub(crate) const GUIDE: Rgb = Rgb(0x8C, 0x8C, 0x8C);
/// Learning rates at which runs diverged.
pub(crate) const DIVERGED: Rgb = Rgb(0xF0, 0xF0, 0xF0);
pub(crate) const BADGE_FILL: Rgb = Rgb(0xFF, 0xF1, 0xC9);
pub(crate) const BADGE_EDGE: Rgb = Rgb(0xB8, 0x86, 0x0B);
pub(crate) const BADGE_TEXT: Rgb = Rgb(0x6B, 0x4A, 0x00);

// Okabe–Ito.
const BLUE: Rgb = Rgb(0x00, 0x72, 0xB2);
const SKY: Rgb = Rgb(0x56, 0xB4, 0xE9);
pub(crate) const GREEN: Rgb = Rgb(0x00, 0x9E, 0x73);
pub(crate) const VERMILLION: Rgb = Rgb(0xD5, 0x5E, 0x00);
const ORANGE: Rgb = Rgb(0xE6, 0x9F, 0x00);
const PURPLE: Rgb = Rgb(0xCC, 0x79, 0xA7);

/// Okabe–Ito colours for series that figures elsewhere compare; the first, black, is for the one that
/// the others are held against.
pub const SERIES_COLORS: [Rgb; 6] = [INK, BLUE, SKY, VERMILLION, ORANGE, PURPLE];

/// Blue, vermillion and bluish green.
pub fn init_color(init: Init) -> Rgb {
    match init {
        Init::A => BLUE,
        Init::B => VERMILLION,
        Init::AB => GREEN,
    }
}

/// Reddish purple, sky blue, orange and black, for series that are no inits.
pub(crate) fn other_color(index: usize) -> Rgb {
    let colors = [PURPLE, SKY, ORANGE, INK];
    colors[index % colors.len()]
}

/// How far from the prediction a claim still holds.
pub(crate) const TOLERANCE: Rgb = Rgb(0xDC, 0xE6, 0xF0);
/// Interval of a second fit.
pub(crate) const CORRECTED: Rgb = Rgb(0x9A, 0x9A, 0x9A);
/// What a measurement contradicts.
pub(crate) const WRONG: Rgb = Rgb(0xC0, 0x00, 0x20);

/// Bluish green, vermillion, purple and grey.
pub fn verdict_color(verdict: Verdict) -> Rgb {
    match verdict {
        Verdict::Holds => GREEN,
        Verdict::Refuted => VERMILLION,
        Verdict::NotAPowerLaw => PURPLE,
        Verdict::Undecided => Rgb(0x7A, 0x7A, 0x7A),
    }
}

/// Eleven evenly spaced samples of viridis.
const VIRIDIS: [Rgb; 11] = [
    Rgb(0x44, 0x01, 0x54),
    Rgb(0x48, 0x24, 0x75),
    Rgb(0x41, 0x44, 0x87),
    Rgb(0x35, 0x5F, 0x8D),
    Rgb(0x2A, 0x78, 0x8E),
    Rgb(0x21, 0x91, 0x8C),
    Rgb(0x22, 0xA8, 0x84),
    Rgb(0x44, 0xBF, 0x70),
    Rgb(0x7A, 0xD1, 0x51),
    Rgb(0xBD, 0xDF, 0x26),
    Rgb(0xFD, 0xE7, 0x25),
];

/// Colour `index` of `count` along viridis, short of its palest end, which white paper swallows.
pub fn sequential(index: usize, count: usize) -> Rgb {
    let last = (VIRIDIS.len() - 1) as f64 * 0.88;
    let at = if count < 2 { 0.35 * last } else { last * index as f64 / (count - 1) as f64 };
    let low = (at.floor() as usize).min(VIRIDIS.len() - 2);
    VIRIDIS[low].mix(VIRIDIS[low + 1], at - low as f64)
}
