//! One reader for each kind of value. Each says what is valid in words; where and which value it
//! was is added by the loader, which knows the file and the key.

use std::fmt::Display;

use lora_sim::spec::{Activation, Hidden, Init, Trained};
use lora_theory::{Rational, parse_rational};
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde::{Deserialize, Serializer};
use toml::Value;

use crate::experiment::Score;
use crate::experiment::choices::{Parametrisation, Schedule, Task};
use lora_types::{Loss, ModelKind, Norm, OptimizerKind, Width, Widths};

/// Largest size that any key may have; far beyond any machine's memory.
const LARGEST: i64 = 1 << 31;

pub fn read<'de, D: Deserializer<'de>, T>(
    from: D,
    valid: impl Display,
    accept: impl FnOnce(&Value) -> Option<T>,
) -> Result<T, D::Error> {
    let value = Value::deserialize(from)?;
    accept(&value).ok_or_else(|| D::Error::custom(format!("must be {valid}")))
}

pub fn number(value: &Value) -> Option<f64> {
    match *value {
        Value::Integer(whole) => Some(whole as f64),
        Value::Float(number) => number.is_finite().then_some(number),
        _ => None,
    }
}

pub fn whole(value: &Value, least: i64) -> Option<usize> {
    let whole = value.as_integer().filter(|whole| (least..=LARGEST).contains(whole))?;
    usize::try_from(whole).ok()
}

pub fn list<T>(value: &Value, entry: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(entry).collect()
}

fn ascending<T: PartialOrd>(list: &[T]) -> bool {
    list.windows(2).all(|pair| pair[0] < pair[1])
}

pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    read(from, "a text in quotes, on one line", |value| {
        value.as_str().filter(|text| !text.contains(char::is_control)).map(str::to_owned)
    })
}

pub fn template<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    read(from, "a text in quotes, in which {name} stands for a field", |value| {
        value.as_str().filter(|text| text.chars().all(allowed)).map(str::to_owned)
    })
}

pub fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    read(from, "true or false", Value::as_bool)
}

pub fn count<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    read(from, "a whole number from 1 to 2^31", |value| whole(value, 1))
}

pub fn count_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    read(from, "a whole number from 0 to 2^31", |value| whole(value, 0))
}

pub fn positive<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    read(from, "a finite number above 0", |value| number(value).filter(|&x| x > 0.0))
}

/// A factor of numbers that the engine keeps in f32.
pub fn scale<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    read(from, "a number from 1e-30 to 1e30", |value| {
        number(value).filter(|x| (1e-30..=1e30).contains(x))
    })
}

pub fn exponent<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    read(from, "a number from -4 to 4", |value| number(value).filter(|x| (-4.0..=4.0).contains(x)))
}

pub fn not_negative<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    read(from, "a finite number, 0 or above", |value| number(value).filter(|&x| x >= 0.0))
}

pub fn above_one<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    read(from, "a finite number above 1", |value| number(value).filter(|&x| x > 1.0))
}

pub fn decay<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    read(from, "a number from 0 up to, but not, 1", |value| {
        number(value).filter(|x| (0.0..1.0).contains(x))
    })
}

pub fn share<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    read(from, "a number above 0 and at most 1", |value| {
        number(value).filter(|&x| x > 0.0 && x <= 1.0)
    })
}

pub fn widths<'de, D: Deserializer<'de>>(from: D) -> Result<Widths, D::Error> {
    let valid = r#"one or more widths in ascending order, none twice, as in [64, 128], each from 2 to 2^31, with or without "inf" at the end"#;
    let width = |entry: &Value| match entry.as_str() {
        Some(text) => (text == Width::Infinite.key()).then_some(Width::Infinite),
        None => whole(entry, 2).map(Width::Finite),
    };
    read(from, valid, |value| {
        let widths = Widths::of(&list(value, width)?)?;
        (!widths.is_empty() && ascending(&widths)).then_some(widths)
    })
}

/// Neurons of a quadrature, which come in pairs.
pub fn neurons<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    read(from, "0, or an even number from 2 to 2^20", |value| {
        whole(value, 0).filter(|&neurons| neurons <= 1 << 20 && neurons.is_multiple_of(2))
    })
}

pub fn widths_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<usize>, D::Error> {
    read(
        from,
        "a list of widths from model.widths in ascending order, none twice, or []",
        |value| list(value, |entry| whole(entry, 2)).filter(|widths| ascending(widths)),
    )
}

pub fn seeds<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u64>, D::Error> {
    read(
        from,
        "one or more seeds in ascending order, none twice, as in [0, 1], each from 0 to 2^63 - 1",
        |value| {
            list(value, |entry| entry.as_integer().and_then(|seed| u64::try_from(seed).ok()))
                .filter(|seeds| !seeds.is_empty() && ascending(seeds))
        },
    )
}

pub fn inits<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Init>, D::Error> {
    read(from, r#"a list of at least one of "A", "B", "AB", none twice"#, |value| {
        let inits: Vec<Init> = list(value, named)?;
        let once = (1..inits.len()).all(|i| !inits[..i].contains(&inits[i]));
        (once && !inits.is_empty()).then_some(inits)
    })
}

pub fn trained<'de, D: Deserializer<'de>>(from: D) -> Result<Trained, D::Error> {
    read(from, r#"a list of at least one of "A", "B", none twice"#, |value| {
        let factors: Vec<&str> =
            value.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
        match factors[..] {
            ["A"] => Some(Trained::A),
            ["B"] => Some(Trained::B),
            ["A", "B"] | ["B", "A"] => Some(Trained::AB),
            _ => None,
        }
    })
}

pub fn trained_list<S: Serializer>(value: &Trained, to: S) -> Result<S::Ok, S::Error> {
    let factors = [("A", value.a()), ("B", value.b())];
    to.collect_seq(factors.into_iter().filter_map(|(name, trained)| trained.then_some(name)))
}

pub fn rational<'de, D: Deserializer<'de>>(from: D) -> Result<Rational, D::Error> {
    read(
        from,
        r#"a fraction or decimal in quotes, such as "1/2" or "0.75", from 0 to 4"#,
        |value| fraction(value, 0, 4),
    )
}

/// An exact fraction between two whole numbers.
pub fn fraction(value: &Value, least: i64, most: i64) -> Option<Rational> {
    let exact = match value {
        Value::String(text) => parse_rational(text).ok()?,
        // A TOML float prints as the shortest decimal that is the same float.
        Value::Float(number) => parse_rational(&number.to_string()).ok()?,
        Value::Integer(whole) => parse_rational(&whole.to_string()).ok()?,
        _ => return None,
    };
    (Rational::from_integer(least)..=Rational::from_integer(most)).contains(&exact).then_some(exact)
}

pub fn rational_text<S: Serializer>(value: &Rational, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&value.to_string())
}

/// An enum value by its serde name.
pub fn named<T: DeserializeOwned>(value: &Value) -> Option<T> {
    value.as_str()?;
    T::deserialize(value.clone()).ok()
}

pub fn activation<'de, D: Deserializer<'de>>(from: D) -> Result<Activation, D::Error> {
    read(from, r#"one of "relu", "tanh", "gelu""#, named)
}

pub fn hidden<'de, D: Deserializer<'de>>(from: D) -> Result<Hidden, D::Error> {
    read(from, r#"one of "gaussian", "zero""#, named)
}

pub fn loss<'de, D: Deserializer<'de>>(from: D) -> Result<Loss, D::Error> {
    read(from, r#"one of "squared", "cross-entropy""#, named)
}

pub fn norm<'de, D: Deserializer<'de>>(from: D) -> Result<Norm, D::Error> {
    read(from, r#"one of "none", "rms""#, named)
}

pub fn optimizer<'de, D: Deserializer<'de>>(from: D) -> Result<OptimizerKind, D::Error> {
    read(from, r#"one of "adam", "adamw", "sign-sgd", "sgd""#, named)
}

pub fn score<'de, D: Deserializer<'de>>(from: D) -> Result<Score, D::Error> {
    read(
        from,
        r#"one of "train-tail", "train-final", "train-best", "test-final", "test-error""#,
        named,
    )
}

pub fn kind<'de, D: Deserializer<'de>>(from: D) -> Result<ModelKind, D::Error> {
    read(from, r#"one of "synthetic", "transformer""#, |value| {
        // The layer alone is a study of a verification, not an experiment.
        named(value).filter(|kind| *kind != ModelKind::Layer)
    })
}

pub fn task<'de, D: Deserializer<'de>>(from: D) -> Result<Task, D::Error> {
    read(from, r#"one of "next-token", "classify""#, named)
}

pub fn schedule<'de, D: Deserializer<'de>>(from: D) -> Result<Schedule, D::Error> {
    read(from, r#"one of "constant", "linear", "cosine""#, named)
}

pub fn parametrisation<'de, D: Deserializer<'de>>(from: D) -> Result<Parametrisation, D::Error> {
    read(from, r#"one of "standard", "mup""#, named)
}

pub fn context<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    read(from, "a whole number from 2 to 65536", |value| {
        whole(value, 2).filter(|&tokens| tokens <= 65536)
    })
}

/// A head is rotated in pairs.
pub fn head_dim<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    read(from, "an even number from 2 to 1024", |value| {
        whole(value, 2).filter(|&size| size <= 1024 && size.is_multiple_of(2))
    })
}

pub fn vocabulary<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    read(from, "a whole number from 257 to 65536", |value| {
        whole(value, 257).filter(|&tokens| tokens <= 65536)
    })
}

pub fn seed<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    read(from, "a whole number from 0 to 2^63 - 1", |value| {
        value.as_integer().and_then(|seed| u64::try_from(seed).ok())
    })
}
