//! The exponents that a test must tell apart.

use lora_theory::{Rational, parse_rational};
use serde::de::{Deserializer, Error};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

/// Largest numerator and denominator of a step.
const FINEST: i64 = 1000;

const VALID: &str = "must be { step = \"1/4\" } for all multiples of 1/4, or a list of exponents, \
                     as in [\"-1\", \"-3/4\"]";

/// The exponents that a test must tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alternatives {
    /// All multiples of a positive step.
    Step(Rational),
    /// These; the prediction may be among them.
    List(Vec<Rational>),
}

/// An alternative to a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The exponent.
    pub exponent: Rational,
    /// Half its distance from the prediction: the largest tolerance that tells the two apart.
    pub half: Rational,
}

impl Alternatives {
    /// The nearest exponent other than the predicted one; of two at the same distance the smaller.
    pub fn nearest(&self, predicted: Rational) -> Option<Nearest> {
        let candidates = match self {
            Self::List(list) => list.clone(),
            Self::Step(step) => {
                let below = (predicted / step).floor() * step;
                vec![below - step, below, below + step]
            }
        };
        let distance = |exponent: &Rational| {
            let apart = predicted - exponent;
            if apart < Rational::default() { -apart } else { apart }
        };
        let others = candidates.into_iter().filter(|exponent| *exponent != predicted);
        let exponent = others.min_by_key(|exponent| (distance(exponent), *exponent))?;
        Some(Nearest { exponent, half: distance(&exponent) / Rational::from_integer(2) })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    // First, since a list of one text would pass for a table of one key.
    List(Vec<String>),
    Step(Step),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    step: String,
}

impl<'de> Deserialize<'de> for Alternatives {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let exact = |text: &String| parse_rational(text).ok();
        let found = match Text::deserialize(from) {
            Ok(Text::Step(Step { step })) => exact(&step).filter(is_step).map(Self::Step),
            Ok(Text::List(list)) => list.iter().map(exact).collect::<Option<_>>().map(Self::List),
            Err(_) => None,
        };
        found.ok_or_else(|| D::Error::custom(VALID))
    }
}

fn is_step(step: &Rational) -> bool {
    (1..=FINEST).contains(step.numer()) && *step.denom() <= FINEST
}

impl Serialize for Alternatives {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Step(step) => {
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("step", &step.to_string())?;
                map.end()
            }
            Self::List(list) => to.collect_seq(list.iter().map(Rational::to_string)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Rational {
        parse_rational(text).expect("an exponent")
    }

    fn nearest(alternatives: &Alternatives, predicted: &str) -> Option<(String, String)> {
        let nearest = alternatives.nearest(exact(predicted))?;
        Some((nearest.exponent.to_string(), nearest.half.to_string()))
    }

    fn pair(exponent: &str, half: &str) -> Option<(String, String)> {
        Some((exponent.to_owned(), half.to_owned()))
    }

    #[test]
    fn the_nearest_multiple_is_another_one() {
        let quarters = Alternatives::Step(exact("1/4"));
        assert_eq!(nearest(&quarters, "-3/4"), pair("-1", "1/8"));
        assert_eq!(nearest(&quarters, "0"), pair("-1/4", "1/8"));
        assert_eq!(nearest(&quarters, "-5/8"), pair("-3/4", "1/16"), "between two of them");
        assert_eq!(nearest(&quarters, "-6/7"), pair("-3/4", "3/56"));
    }

    #[test]
    fn the_nearest_of_a_list_is_not_the_prediction_itself() {
        let steps = Alternatives::List(["-8/9", "-6/7", "-4/5"].map(exact).to_vec());
        assert_eq!(nearest(&steps, "-6/7"), pair("-8/9", "1/63"));
        assert_eq!(nearest(&Alternatives::List(vec![exact("0")]), "0"), None);
    }
}
