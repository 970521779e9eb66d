//! Answers as frozen objects. A record has the fields of the JSON document that the command line prints, and
//! is made of that document, so that the two cannot differ.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::drawn::Figures;
use crate::failure::Failure;

/// What has no class of its own, as Python's plain objects.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Plain(pub Value);

impl<'py> IntoPyObject<'py> for Plain {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        plain(py, &self.0)
    }
}

/// A JSON value as Python's own objects.
pub fn plain<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(truth) => truth.into_bound_py_any(py),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(whole), _) => whole.into_bound_py_any(py),
            (_, Some(whole)) => whole.into_bound_py_any(py),
            _ => number.as_f64().into_bound_py_any(py),
        },
        Value::String(text) => text.into_bound_py_any(py),
        Value::Array(values) => {
            let values: PyResult<Vec<_>> = values.iter().map(|value| plain(py, value)).collect();
            Ok(PyList::new(py, values?)?.into_any())
        }
        Value::Object(fields) => {
            let dict = PyDict::new(py);
            for (key, value) in fields {
                dict.set_item(key, plain(py, value)?)?;
            }
            Ok(dict.into_any())
        }
    }
}

/// The JSON document of a record.
///
/// # Errors
/// [`Failure::Bug`] if it has none.
pub fn document(record: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(record).map_err(|error| Failure::Bug(error.to_string()))
}

/// What pickle and copy call to make a record anew, and with what.
pub type Remade<'py> = (Bound<'py, PyAny>, (String, Option<Figures>));

/// How a record with these figures is made anew.
///
/// # Errors
/// As [`document`].
pub fn remade<'py>(
    of: &Bound<'py, PyAny>,
    record: &impl Serialize,
    figures: Option<Figures>,
) -> PyResult<Remade<'py>> {
    Ok((of.get_type().getattr("_of_json")?, (document(record)?.to_string(), figures)))
}

/// A record of its pickled document.
///
/// # Errors
/// [`Failure::Request`] for a text that is none.
pub fn unpickled<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Failure> {
    let wrong = |error| Failure::Request(format!("no pickled {name}: {error}"));
    serde_json::from_str(text).map_err(wrong)
}

/// A record, once its figures are put beside its document.
pub fn with<T>(mut made: T, figures: Figures, put: impl FnOnce(&mut T, Figures)) -> T {
    put(&mut made, figures);
    made
}

/// The record of a library's answer, by way of its JSON document.
///
/// # Errors
/// [`Failure::Bug`] if the document has other fields than the record.
pub fn record<T: DeserializeOwned>(answer: &impl Serialize) -> Result<T, Failure> {
    let bug = |error: serde_json::Error| Failure::Bug(error.to_string());
    serde_json::from_value(serde_json::to_value(answer).map_err(bug)?).map_err(bug)
}

/// Defines records: frozen classes with attributes, `__repr__`, `_repr_html_` and `to_dict`. Further methods may
/// follow the fields. `+ figures` names a field beside the document, for a record that has figures.
macro_rules! records {
    ($(
        $(#[$about:meta])*
        $name:ident {
            $($(#[$of_field:meta])* $field:ident: $type:ty,)*
        }
        $(+ $figures:ident)?
        $({ $($method:tt)* })?
    )*) => {$(
        $(#[$about])*
        #[pyo3::pyclass(frozen, skip_from_py_object, module = "lora_limits")]
        #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$of_field])* #[pyo3(get)] pub $field: $type,)*
            $(#[serde(skip)] pub $figures: $crate::drawn::Figures,)?
        }

        #[pyo3::pymethods]
        impl $name {
            /// The names of the fields.
            #[classattr]
            fn _fields() -> Vec<&'static str> {
                vec![$(stringify!($field)),*]
            }

            fn __repr__(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                $crate::shown::repr(slf.as_any())
            }

            fn _repr_html_(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                $crate::shown::html(slf.as_any())
            }

            /// Two answers of one class are equal if their documents are.
            fn __eq__(&self, other: &pyo3::Bound<'_, pyo3::PyAny>) -> pyo3::PyResult<bool> {
                match other.cast::<Self>() {
                    Ok(other) => Ok($crate::answer::document(self)? == $crate::answer::document(other.get())?),
                    Err(_) => Ok(false),
                }
            }

            /// Equal answers have one hash, as those that do not change can have.
            fn __hash__(&self) -> pyo3::PyResult<u64> {
                use std::hash::{DefaultHasher, Hash, Hasher};
                let mut hasher = DefaultHasher::new();
                $crate::answer::document(self)?.to_string().hash(&mut hasher);
                Ok(hasher.finish())
            }

            /// How pickle and copy make it anew.
            fn __reduce__<'py>(
                slf: &pyo3::Bound<'py, Self>,
            ) -> pyo3::PyResult<$crate::answer::Remade<'py>> {
                let figures = [$(slf.get().$figures.clone())?].into_iter().next();
                $crate::answer::remade(slf.as_any(), slf.get(), figures)
            }

            /// Of its document, and its figures where it has any.
            #[staticmethod]
            #[pyo3(signature = (text, figures=None))]
            fn _of_json(
                text: &str,
                figures: Option<pyo3::Bound<'_, $crate::drawn::Figures>>,
            ) -> pyo3::PyResult<Self> {
                let made: Self = $crate::answer::unpickled(stringify!($name), text)?;
                let figures = figures.map(|figures| figures.get().clone()).unwrap_or_default();
                Ok($crate::answer::with(made, figures, |_made, _figures| {
                    $(_made.$figures = _figures;)?
                }))
            }

            /// The JSON document that the command line prints of it, as plain objects: exact numbers are text.
            fn to_dict<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                $crate::answer::plain(py, &$crate::answer::document(self)?)
            }

            $(
                /// A figure of this answer, which a notebook shows. "scaling", or where there is none the first by
                /// name, if None.
                #[pyo3(signature = (name=None))]
                fn figure<'py>(
                    &self,
                    py: pyo3::Python<'py>,
                    name: Option<&str>,
                ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                    self.$figures.show(py, name)
                }

                /// The names of its figures.
                #[getter]
                fn figure_names(&self, py: pyo3::Python<'_>) -> Vec<String> {
                    self.$figures.names(py)
                }
            )?

            $($($method)*)?
        }
    )*};
}
pub(crate) use records;
