//! Exact fractions as text in JSON: "-3/4".

use lora_theory::{Rational, parse_rational};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde::ser::Serializer;

/// Writes a fraction.
///
/// # Errors
/// If the format cannot take a text.
pub fn serialize<S: Serializer>(value: &Rational, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

/// Reads a fraction.
///
/// # Errors
/// If the text is no exact fraction.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Rational, D::Error> {
    let text = String::deserialize(from)?;
    parse_rational(&text).map_err(D::Error::custom)
}

/// The same where there may be none.
pub mod optional {
    use super::{Deserialize, Deserializer, Error, Rational, Serializer, parse_rational};

    /// Writes a fraction, or null.
    ///
    /// # Errors
    /// If the format cannot take a text.
    pub fn serialize<S: Serializer>(value: &Option<Rational>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    /// Reads a fraction, or null.
    ///
    /// # Errors
    /// If there is a text that is no exact fraction.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Rational>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| parse_rational(&text).map_err(D::Error::custom)).transpose()
    }
}
