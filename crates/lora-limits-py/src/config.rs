//! Objects of Python as JSON: configs of PEFT and transformers, experiments, and whatever lies in them.

use lora_advice::advise::ConfigSource;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use crate::arguments::PathArgument;
use crate::failure::Failure;

/// Objects within objects that are read.
const DEEPEST: usize = 32;

/// A config: an object with `to_dict`, a dict, or the path of a file or of its folder.
///
/// # Errors
/// `TypeError` for anything else, and `LoraLimitsError` for what has no JSON.
pub fn config(name: &str, given: &Bound<'_, PyAny>) -> PyResult<ConfigSource> {
    if let Ok(PathArgument(path)) = given.extract() {
        return Ok(ConfigSource::File(path));
    }
    let dict = match given.hasattr("to_dict")? {
        true => given.call_method0("to_dict")?,
        false => given.clone(),
    };
    if dict.cast::<PyDict>().is_err() {
        let kind = given.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "{name}: must be a config with to_dict(), a dict or a path, not {kind}"
        )));
    }
    let text = json(&dict, name, true)?.to_string();
    Ok(ConfigSource::Text { name: name.to_owned(), text })
}

/// An object as JSON; `at` is where it stands, for messages. What JSON does not know becomes its text if that
/// is `lenient`, as in the configs of libraries, and is refused otherwise.
///
/// # Errors
/// `LoraLimitsError` for what has no JSON.
pub fn json(of: &Bound<'_, PyAny>, at: &str, lenient: bool) -> PyResult<Value> {
    value(of, at, (lenient, DEEPEST))
}

fn value(of: &Bound<'_, PyAny>, at: &str, (lenient, depth): (bool, usize)) -> PyResult<Value> {
    let refuse = |must: &str| Err(PyErr::from(Failure::Request(format!("{at}: {must}"))));
    let Some(depth) = depth.checked_sub(1) else {
        return refuse("holds objects in objects without end");
    };
    if of.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(truth) = of.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    // Texts first: the enumerations of PEFT and transformers are texts.
    if let Ok(text) = of.cast::<PyString>() {
        return Ok(Value::String(text.to_string_lossy().into_owned()));
    }
    if of.cast::<PyInt>().is_ok() {
        return match (of.extract::<i64>(), of.extract::<u64>()) {
            (Ok(whole), _) => Ok(whole.into()),
            (_, Ok(whole)) => Ok(whole.into()),
            _ => refuse("is too large a whole number"),
        };
    }
    if let Ok(number) = of.cast::<PyFloat>() {
        let found = Number::from_f64(number.value());
        return found.map_or_else(|| refuse("must be a finite number"), |n| Ok(Value::Number(n)));
    }
    if let Ok(dict) = of.cast::<PyDict>() {
        return object(dict, at, (lenient, depth));
    }
    if of.cast::<PyList>().is_ok() || of.cast::<PyTuple>().is_ok() {
        return array(of, at, (lenient, depth));
    }
    if of.cast::<PySet>().is_ok() || of.cast::<PyFrozenSet>().is_ok() {
        let builtins = of.py().import("builtins")?;
        return array(&builtins.getattr("sorted")?.call1((of,))?, at, (lenient, depth));
    }
    if let Ok(PathArgument(path)) = of.extract() {
        return Ok(Value::String(path.display().to_string()));
    }
    // A scalar of NumPy or torch, and a fraction.
    if of.hasattr("item")? && of.getattr("shape").and_then(|shape| shape.len()).unwrap_or(1) == 0 {
        return value(&of.call_method0("item")?, at, (lenient, depth));
    }
    if lenient || (of.hasattr("numerator")? && of.hasattr("denominator")?) {
        return Ok(Value::String(of.str()?.to_string_lossy().into_owned()));
    }
    let kind = of.get_type().name()?;
    refuse(&format!("must be a number, a text, a list or a dict, not {kind}"))
}

fn object(of: &Bound<'_, PyDict>, at: &str, how: (bool, usize)) -> PyResult<Value> {
    let mut fields = Map::new();
    for (key, field) in of {
        let key = match key.cast::<PyString>() {
            Ok(text) => text.to_string_lossy().into_owned(),
            Err(_) => key.str()?.to_string_lossy().into_owned(),
        };
        let field = value(&field, &format!("{at}: {key}"), how)?;
        fields.insert(key, field);
    }
    Ok(Value::Object(fields))
}

fn array(of: &Bound<'_, PyAny>, at: &str, how: (bool, usize)) -> PyResult<Value> {
    let values: PyResult<Vec<Value>> =
        of.try_iter()?.map(|entry| value(&entry?, at, how)).collect();
    Ok(Value::Array(values?))
}
