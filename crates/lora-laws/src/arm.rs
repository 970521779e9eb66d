//! Whose exponent a law is: that of one init, or that of the ratio of two.

use std::fmt;

use lora_types::Init;

/// What goes with the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// A quantity under one init.
    One(Init),
    /// A quantity under Init\[A\] over the same under Init\[B\], seed by seed. What both inits share drops out, such as
    /// the base of each width.
    Ratio,
}

impl Arm {
    /// In tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::One(Init::A) => "A",
            Self::One(Init::B) => "B",
            Self::One(Init::AB) => "AB",
            Self::Ratio => "A/B",
        }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(init) => init.fmt(f),
            Self::Ratio => f.pad("A over B"),
        }
    }
}
