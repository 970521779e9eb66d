//! Exact numbers of the theory as Python has them.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyString, PyType};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A rational, which becomes a `fractions.Fraction`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Exact(pub String);

/// A power of n: a rational, or −∞ for an exact zero, which becomes a float.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Power(pub String);

/// The largest γ at which something holds: a rational, or "always" or "never".
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Largest(Value);

/// How the calculus writes the exponent of an exact zero.
const NOTHING: &str = "-inf";

fn fraction<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    static FRACTION: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    FRACTION.import(py, "fractions", "Fraction")?.call1((text,))
}

impl<'py> IntoPyObject<'py> for Exact {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        fraction(py, &self.0)
    }
}

impl<'py> IntoPyObject<'py> for Power {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        match self.0.as_str() {
            NOTHING => Ok(PyFloat::new(py, f64::NEG_INFINITY).into_any()),
            power => fraction(py, power),
        }
    }
}

impl<'py> IntoPyObject<'py> for Largest {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        match (self.0.as_str(), self.0.get("at").and_then(Value::as_str)) {
            (Some(word), _) => Ok(PyString::new(py, word).into_any()),
            (_, Some(gamma)) => fraction(py, gamma),
            _ => Ok(PyString::new(py, &self.0.to_string()).into_any()),
        }
    }
}
