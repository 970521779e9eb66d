//! A width n, which may be infinite.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// The width n of a model: a number of neurons, or the limit n → ∞.
///
/// The order is that of size, with infinity last. In files it is a whole number or `inf`.
///
/// ```
/// use lora_types::Width;
/// assert!(Width::Finite(8192) < Width::Infinite);
/// assert_eq!("inf".parse(), Ok(Width::Infinite));
/// assert_eq!(Width::Infinite.to_string(), "∞");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// So many neurons.
    Finite(usize),
    /// The limit n → ∞.
    Infinite,
}

/// A text that is no width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAWidth {
    /// The text as given.
    pub found: String,
}

impl fmt::Display for NotAWidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a width: write a whole number, or `{INFINITE}`", self.found)
    }
}

impl Error for NotAWidth {}

/// How files spell an infinite width.
const INFINITE: &str = "inf";

impl Width {
    /// The number of neurons; `None` for the limit.
    pub const fn finite(self) -> Option<usize> {
        match self {
            Self::Finite(n) => Some(n),
            Self::Infinite => None,
        }
    }

    /// The width as files have it: digits, or `inf`.
    pub fn key(self) -> String {
        self.finite().map_or_else(|| INFINITE.to_owned(), |n| n.to_string())
    }

    /// The width as a number; infinity for the limit.
    pub fn as_f64(self) -> f64 {
        self.finite().map_or(f64::INFINITY, |n| n as f64)
    }
}

impl From<usize> for Width {
    fn from(n: usize) -> Self {
        Self::Finite(n)
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finite(n) => n.fmt(f),
            Self::Infinite => f.pad("∞"),
        }
    }
}

impl FromStr for Width {
    type Err = NotAWidth;

    /// Reads a whole number, `inf` or `∞`.
    ///
    /// # Errors
    /// [`NotAWidth`] for every other text.
    fn from_str(text: &str) -> Result<Self, NotAWidth> {
        match text {
            INFINITE | "∞" => Ok(Self::Infinite),
            _ => match text.parse() {
                Ok(n) => Ok(Self::Finite(n)),
                Err(_) => Err(NotAWidth { found: text.to_owned() }),
            },
        }
    }
}

impl Serialize for Width {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Finite(n) => n.serialize(to),
            Self::Infinite => to.serialize_str(INFINITE),
        }
    }
}

impl<'de> Deserialize<'de> for Width {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NumberOrName)
    }
}

struct NumberOrName;

impl Visitor<'_> for NumberOrName {
    type Value = Width;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a width, which is a whole number or `{INFINITE}`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Width, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Width, E> {
        match usize::try_from(n) {
            Ok(n) => Ok(Width::Finite(n)),
            Err(_) => Err(E::invalid_value(de::Unexpected::Unsigned(n), &self)),
        }
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<Width, E> {
        match u64::try_from(n) {
            Ok(n) => self.visit_u64(n),
            Err(_) => Err(E::invalid_value(de::Unexpected::Signed(n), &self)),
        }
    }

    /// Formats without types, such as CSV, read `inf` as a number.
    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Width, E> {
        if x == f64::INFINITY {
            return Ok(Width::Infinite);
        }
        Err(E::invalid_value(de::Unexpected::Float(x), &self))
    }
}
