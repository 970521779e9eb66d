//! Serde forms: a rational is written as text (`"-1/2"`), and read from text or an integer.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;

use crate::{Exponent, Rational, parse_rational};

struct RationalText;

impl Visitor<'_> for RationalText {
    type Value = Rational;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an integer, or text such as \"-1/2\" or \"0.75\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Rational, E> {
        parse_rational(text).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Rational, E> {
        Ok(Rational::new_raw(value, 1))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Rational, E> {
        i64::try_from(value).map(|v| Rational::new_raw(v, 1)).map_err(E::custom)
    }
}

pub(crate) fn serialize<S: Serializer>(value: &Rational, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Rational, D::Error> {
    from.deserialize_any(RationalText)
}

/// The end of an interval: `null` where it is infinite.
pub(crate) mod optional {
    use super::{Rational, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Rational>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.serialize_some(&value.to_string()),
            None => to.serialize_none(),
        }
    }
}

impl serde::Serialize for Exponent {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Zero => to.serialize_str("-inf"),
            Self::Power(power) => to.collect_str(power),
        }
    }
}

struct ExponentText;

impl Visitor<'_> for ExponentText {
    type Value = Exponent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an integer, or text such as \"-1/2\", \"0.75\" or \"-inf\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Exponent, E> {
        match text {
            "-inf" | "\u{2212}inf" | "-\u{221e}" | "\u{2212}\u{221e}" => Ok(Exponent::Zero),
            _ => RationalText.visit_str(text).map(Exponent::Power),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Exponent, E> {
        RationalText.visit_i64(value).map(Exponent::Power)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Exponent, E> {
        RationalText.visit_u64(value).map(Exponent::Power)
    }
}

impl<'de> serde::Deserialize<'de> for Exponent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ExponentText)
    }
}
