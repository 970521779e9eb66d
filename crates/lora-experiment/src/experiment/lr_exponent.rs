//! γ of a grid of learning rates that follows the width: `search.lr_exponent`.

use std::collections::BTreeMap;

use lora_theory::Rational;
use lora_types::Init;
use serde::de::Deserializer;
use serde::ser::{Serialize, Serializer};
use toml::Value;

use crate::experiment::field;

/// γ in η = c (n/n_0)^γ, where c is a learning rate of the grid, n the width and n_0 the smallest width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LrExponent {
    /// One γ for all inits.
    Same(Rational),
    /// A γ for each init that is named.
    Each(BTreeMap<Init, Rational>),
}

impl Default for LrExponent {
    /// The same learning rates at every width.
    fn default() -> Self {
        Self::Same(Rational::default())
    }
}

impl LrExponent {
    /// γ of an init; 0 where it has none, which a checked experiment rules out for the inits that it trains.
    pub fn of(&self, init: Init) -> Rational {
        match self {
            Self::Same(gamma) => *gamma,
            Self::Each(gammas) => gammas.get(&init).copied().unwrap_or_default(),
        }
    }

    /// The first of these inits that has no γ.
    pub fn lacks(&self, inits: &[Init]) -> Option<Init> {
        match self {
            Self::Same(_) => None,
            Self::Each(gammas) => inits.iter().copied().find(|init| !gammas.contains_key(init)),
        }
    }

    /// Whether it is the default. It takes a reference for `skip_serializing_if`.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl Serialize for LrExponent {
    /// As files have it: a fraction in quotes, or a table of such.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Same(gamma) => to.collect_str(gamma),
            Self::Each(gammas) => {
                to.collect_map(gammas.iter().map(|(init, gamma)| (init.key(), gamma.to_string())))
            }
        }
    }
}

/// Reads it from a file.
///
/// # Errors
/// If the value is neither a fraction nor a table of fractions by init.
pub fn read<'de, D: Deserializer<'de>>(from: D) -> Result<LrExponent, D::Error> {
    let valid = r#"a fraction or decimal in quotes from -4 to 4, such as "-1/2", or one for each init, as in { A = "-1/2", B = "-1" }"#;
    field::read(from, valid, |value| match value {
        Value::Table(gammas) if gammas.is_empty() => None,
        Value::Table(gammas) => {
            let one =
                |(init, gamma): (&String, &Value)| Some((init.parse().ok()?, exponent(gamma)?));
            gammas.iter().map(one).collect::<Option<_>>().map(LrExponent::Each)
        }
        _ => exponent(value).map(LrExponent::Same),
    })
}

fn exponent(value: &Value) -> Option<Rational> {
    field::fraction(value, -4, 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Experiment, parse_resolved, with_settings};

    fn set(text: &str) -> Experiment {
        with_settings(&[format!("search.lr_exponent={text}")]).expect("an experiment")
    }

    #[test]
    fn it_is_one_fraction_or_one_for_each_init() {
        let half = Rational::new(-1, 2);
        for text in ["-1/2", "\"-1/2\"", "-0.5"] {
            assert_eq!(set(text).search.lr_exponent, LrExponent::Same(half), "{text}");
        }
        let each = set(r#"{ A = "-1/2", B = -1 }"#).search.lr_exponent;
        assert_eq!([Init::A, Init::B].map(|init| each.of(init)), [half, Rational::new(-1, 1)]);
        assert_eq!(each.lacks(&[Init::A, Init::AB]), Some(Init::AB));
    }

    #[test]
    fn it_is_written_and_read_back_and_left_out_where_it_is_nothing() {
        for text in ["-3/4", r#"{ A = "-1/2", B = "-1" }"#] {
            let experiment = set(text);
            let full = toml::to_string(&experiment).expect("a text");
            assert_eq!(parse_resolved("x", &full).expect("an experiment"), experiment, "{text}");
        }
        for experiment in [Experiment::default(), set("0")] {
            assert!(!toml::to_string(&experiment).expect("a text").contains("lr_exponent"));
        }
    }

    #[test]
    fn learning_rates_follow_the_width_from_the_smallest_on() {
        let experiment = set(r#"{ A = "-1/2", B = "-1" }"#);
        let factors = [Init::A, Init::B].map(|init| experiment.lr_factor(init, 2048));
        assert_eq!(factors, [0.25, 0.0625], "2048 is 16 times the smallest width");
        assert_eq!(experiment.lr_factor(Init::B, 128), 1.0);
        assert_eq!(Experiment::default().lr_factor(Init::A, 8192), 1.0);
    }

    #[test]
    fn what_is_no_exponent_is_refused() {
        let told = |text: &str| {
            let set = [format!("search.lr_exponent={text}")];
            with_settings(&set).expect_err("no exponent").to_string()
        };
        for text in ["5", "half", "{}", r#"{ C = "-1" }"#, r#"{ A = "x", B = "-1" }"#] {
            let told = told(text);
            assert!(
                told.contains("must be a fraction or decimal in quotes from -4 to 4"),
                "{told}"
            );
        }
        let lacks = told(r#"{ A = "-1/2" }"#);
        assert!(lacks.contains("a table with every init of training.inits"), "{lacks}");
        let beyond = with_settings(&[
            "search.lr_exponent=-4".to_owned(),
            "model.widths=[2, 2147483648]".to_owned(),
        ]);
        let beyond = beyond.expect_err("too small").to_string();
        assert!(beyond.contains("such that every learning rate is from 1.2e-38"), "{beyond}");
    }
}
