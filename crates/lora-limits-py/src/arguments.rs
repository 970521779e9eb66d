//! Arguments as they are given in Python, read by the functions that read the command line's words.

use std::fmt::Display;
use std::str::FromStr;

use lora_theory::{Rational, Trained, parse_rational};
use lora_types::{Factor, Init, OptimizerKind};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

use crate::failure::Failure;

/// Decimals of a float that is taken for what it says.
const MOST_DECIMALS: usize = 9;

/// The largest denominator of a fraction that is proposed for a float.
const LARGEST_BELOW: i64 = 1000;

/// A number or an exponent: a text such as "-3/4", an int, a float, or a `fractions.Fraction`.
#[derive(Clone, Debug)]
pub struct Number {
    /// As the command line has it.
    pub text: String,
    /// The float that it was given as.
    float: Option<f64>,
}

impl Number {
    /// Of its text.
    pub fn of(text: &str) -> Self {
        Self { text: text.to_owned(), float: None }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Number {
    type Error = PyErr;

    fn extract(of: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = of.cast::<PyString>() {
            return Ok(Self::of(&text.to_string()));
        }
        if of.cast::<PyBool>().is_ok() {
            return Err(PyTypeError::new_err("must be a number or its text, not a bool"));
        }
        let fraction = of.hasattr("numerator")? && of.hasattr("denominator")?;
        if of.cast::<PyFloat>().is_err() && (of.cast::<PyInt>().is_ok() || fraction) {
            return Ok(Self::of(&of.str()?.to_string()));
        }
        match of.extract::<f64>() {
            // Without an exponent of ten, which no fraction has.
            Ok(value) => Ok(Self { text: value.to_string(), float: Some(value) }),
            Err(_) => {
                let kind = of.get_type().name()?;
                Err(PyTypeError::new_err(format!(
                    "must be a number, a Fraction or a text such as \"-3/4\", not {kind}"
                )))
            }
        }
    }
}

/// Reads an argument as the command line reads the word behind a flag.
///
/// # Errors
/// [`Failure::Request`] with the argument, its value and what is valid.
pub fn read<T, E: Display>(
    name: &str,
    given: &Number,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Failure> {
    let wrong = |error: E| Failure::argument(name, &given.text, &error.to_string());
    parse(&given.text).map_err(wrong)
}

/// The same for an argument that may be left out.
///
/// # Errors
/// As [`read`].
pub fn maybe<T, E: Display>(
    name: &str,
    given: Option<&Number>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Failure> {
    given.map(|given| read(name, given, parse)).transpose()
}

/// An exponent, which is exact: a float that is no short decimal is refused, since it stands for another number than
/// the one that was meant, such as -2/3.
///
/// # Errors
/// As [`read`].
pub fn exact<T, E: Display>(
    name: &str,
    given: &Number,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Failure> {
    let decimals = given.text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    match given.float {
        Some(float) if decimals > MOST_DECIMALS => {
            Err(Failure::argument(name, &given.text, &inexact(float)))
        }
        _ => read(name, given, parse),
    }
}

/// Why a float is no exponent.
fn inexact(float: f64) -> String {
    let write = fraction(float).map_or_else(
        || "a fraction such as Fraction(-2, 3)".to_owned(),
        |(above, below)| format!("Fraction({above}, {below}) or \"{above}/{below}\""),
    );
    format!("is a float of more than {MOST_DECIMALS} decimals, but must be exact: write {write}")
}

/// The fraction that a float is the nearest one to.
fn fraction(float: f64) -> Option<(i64, i64)> {
    let above = |below: i64| (float * below as f64).round();
    let below = (1..=LARGEST_BELOW).find(|&below| above(below) / below as f64 == float)?;
    Some((above(below) as i64, below))
}

/// An exact exponent.
///
/// # Errors
/// As [`exact`].
pub fn rational(name: &str, given: Option<&Number>) -> Result<Option<Rational>, Failure> {
    given.map(|given| exact(name, given, parse_rational)).transpose()
}

/// A word of a list, such as the name of an update rule.
///
/// # Errors
/// [`Failure::Request`] with the words that are valid.
pub fn word<T: FromStr>(name: &str, given: &str) -> Result<T, Failure>
where
    T::Err: Display,
{
    given.parse().map_err(|error: T::Err| Failure::Request(format!("{name}: {error}")))
}

/// An init, in capital or small letters.
///
/// # Errors
/// As [`word`].
pub fn init(given: Option<&str>) -> Result<Option<Init>, Failure> {
    given.map(|init| word("init", &init.to_uppercase())).transpose()
}

/// An update rule.
///
/// # Errors
/// As [`word`].
pub fn optimizer(given: &str) -> Result<OptimizerKind, Failure> {
    word("optimizer", given)
}

/// The factors that train.
///
/// # Errors
/// As [`word`], and [`Failure::Request`] for a factor that is named twice, or for none.
pub fn trained(given: &[String]) -> Result<Trained, Failure> {
    let factors: Result<Vec<Factor>, Failure> =
        given.iter().map(|factor| word("train", &factor.to_uppercase())).collect();
    Trained::try_from(factors?.as_slice()).map_err(|_| {
        Failure::argument("train", &given.join(", "), "must name each factor once: A, B or both")
    })
}

/// A whole number within a range.
///
/// # Errors
/// [`Failure::Request`] with the range.
pub fn within(name: &str, given: i64, (least, most): (u32, u32)) -> Result<u32, Failure> {
    let found = u32::try_from(given).ok().filter(|value| (least..=most).contains(value));
    found.ok_or_else(|| {
        Failure::argument(name, &given.to_string(), &format!("must be from {least} to {most}"))
    })
}

/// One word, or several.
#[derive(Clone, Debug, Default)]
pub struct Words(pub Vec<String>);

impl<'a, 'py> FromPyObject<'a, 'py> for Words {
    type Error = PyErr;

    fn extract(of: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        match of.cast::<PyString>() {
            Ok(word) => Ok(Self(vec![word.to_string()])),
            Err(_) => of.extract().map(Self),
        }
    }
}

/// A path, from a text or from anything with `__fspath__`.
#[derive(Clone, Debug, FromPyObject)]
#[pyo3(transparent)]
pub struct PathArgument(pub std::path::PathBuf);
