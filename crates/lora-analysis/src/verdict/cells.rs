//! How names and numbers stand in the cells of a verification's tables.

use lora_experiment::study::words;
use lora_figures::uncell;
use lora_theory::{Rational, parse_rational};
use lora_types::{Quantity, Verdict};
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// A text of a cell as its author wrote it.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(uncell(&String::deserialize(from)?).to_owned())
}

/// A verdict by its name for readers.
pub fn verdict<S: Serializer>(verdict: &Verdict, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(verdict.name())
}

/// A quantity by its symbol; "regime" where the test is about a regime.
pub mod quantity {
    use super::*;

    /// Writes the symbol.
    pub fn serialize<S: Serializer>(of: &Option<Quantity>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(words::quantity(*of))
    }

    /// Reads a symbol; one that is unknown is an error.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Quantity>, D::Error> {
        let symbol = String::deserialize(from)?;
        let all = Quantity::ALL.into_iter().map(Some).chain([None]);
        let valid: Vec<&str> = all.clone().map(words::quantity).collect();
        let mut known = all.zip(&valid);
        let found = known.find(|(_, known)| **known == symbol).map(|(quantity, _)| quantity);
        found.ok_or_else(|| {
            let valid = valid.join(", ");
            D::Error::custom(format!("unknown quantity {symbol:?}, expected one of {valid}"))
        })
    }
}

/// An exact exponent as a fraction; an empty cell where there is none.
pub mod exact {
    use super::*;

    /// Writes the fraction.
    pub fn serialize<S: Serializer>(of: &Option<Rational>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&of.map_or(String::new(), |gamma| gamma.to_string()))
    }

    /// Reads a fraction; anything else but an empty cell is an error.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Rational>, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() {
            return Ok(None);
        }
        parse_rational(&text).map(Some).map_err(D::Error::custom)
    }
}
