//! How topic files write exponents and sizes.

use lora_theory::{Rational, parse_rational};
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serializer};

/// The largest power of two, as large as any size of an experiment.
const MOST: u32 = 31;

/// The largest exponent that a topic may name, and the largest denominator: sums and products of a few
/// such are exact.
const LARGEST_EXPONENT: i64 = 8;
const FINEST_EXPONENT: i64 = 1000;

/// Most points that a list may have.
const LONGEST: usize = 1000;

/// An exact exponent in quotes, such as "-3/4".
pub fn exponent<'de, D: Deserializer<'de>>(from: D) -> Result<Rational, D::Error> {
    let text = String::deserialize(from)?;
    parse(&text).map_err(D::Error::custom)
}

/// The same where it may be absent.
pub fn optional_exponent<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Rational>, D::Error> {
    exponent(from).map(Some)
}

/// A list of exponents.
pub fn exponents<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Rational>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| parse(text).map_err(D::Error::custom)).collect()
}

/// The same where it may be absent.
pub fn optional_exponents<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Vec<Rational>>, D::Error> {
    exponents(from).map(Some)
}

/// An exponent as text, null if there is none.
pub fn write_optional<S: Serializer>(value: &Option<Rational>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => to.serialize_some(&value.to_string()),
        None => to.serialize_none(),
    }
}

fn parse(text: &str) -> Result<Rational, String> {
    let exponent = parse_rational(text).map_err(|_| {
        format!("{text:?} is no exponent: write an integer, a decimal, or as in \"-3/4\"")
    })?;
    let largest = Rational::from_integer(LARGEST_EXPONENT);
    let small = (-largest..=largest).contains(&exponent);
    if small && *exponent.denom() <= FINEST_EXPONENT {
        return Ok(exponent);
    }
    Err(format!(
        "{text:?}: an exponent must be from -{LARGEST_EXPONENT} to {LARGEST_EXPONENT}, with a \
         denominator of at most {FINEST_EXPONENT}"
    ))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Points {
    Range(String),
    List(Vec<usize>),
}

/// Widths or ranks: a list, or all powers of two in a range such as "2^7..2^16".
pub fn points<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<usize>, D::Error> {
    let valid = "must be at most 1000 ascending numbers from 1 to 2^31, as in [64, 128], or all \
                 powers of two of a range up to 2^31, as in \"2^7..2^16\"";
    let found = match Points::deserialize(from) {
        Ok(Points::List(list)) => Some(list),
        Ok(Points::Range(text)) => powers(&text),
        Err(_) => None,
    };
    let ascending = |list: &Vec<usize>| {
        list.first().is_some_and(|&first| first >= 1)
            && list.last().is_some_and(|&last| last <= 1 << MOST)
            && list.len() <= LONGEST
            && list.windows(2).all(|pair| pair[0] < pair[1])
    };
    found.filter(ascending).ok_or_else(|| D::Error::custom(valid))
}

/// The same where it may be absent.
pub fn optional_points<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<usize>>, D::Error> {
    points(from).map(Some)
}

fn powers(text: &str) -> Option<Vec<usize>> {
    let (from, to) = text.split_once("..")?;
    let power = |text: &str| text.trim().strip_prefix("2^")?.parse::<u32>().ok();
    let (from, to) = (power(from)?, power(to)?);
    (from <= to && to <= MOST).then(|| (from..=to).map(|power| 1 << power).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_powers_is_written_out() {
        assert_eq!(powers("2^3..2^6"), Some(vec![8, 16, 32, 64]));
        assert_eq!(powers("2^6..2^3"), None);
        assert_eq!(powers("8..64"), None);
        assert_eq!(powers("2^0..2^40"), None);
    }
}
