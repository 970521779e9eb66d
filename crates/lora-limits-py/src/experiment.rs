//! Experiments as they are given: a dict of sections, the path of a TOML file, or a name.

use std::path::{Component, Path, PathBuf};

use lora_experiment::experiment::{Loaded, Source, load, load_text};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;

use crate::arguments::PathArgument;
use crate::config::json;
use crate::failure::Failure;

/// What messages call an experiment that is no file.
const NAME: &str = "experiment";

/// An experiment, before it is read and checked.
pub struct GivenExperiment {
    from: Given,
    /// `key=value` pairs put over it.
    set: Vec<String>,
    /// Whether the quick sizes are put over it.
    pub quick: bool,
}

enum Given {
    /// A file, or the name of one in `experiments/`; the paper's if absent.
    File(Option<PathBuf>),
    /// Sections and keys, under a short name.
    Sections { name: String, sections: Value },
}

impl GivenExperiment {
    /// Reads what Python holds. `name` is for a dict alone, and is the file's else.
    ///
    /// # Errors
    /// `TypeError` for what is no experiment, and `LoraLimitsError` for a value that TOML does not have.
    pub fn of(
        given: Option<&Bound<'_, PyAny>>,
        name: Option<&str>,
        set: Vec<String>,
        quick: bool,
    ) -> PyResult<Self> {
        if let Some(name) = name {
            check_name(given, name)?;
        }
        let from = match given {
            None => Given::File(None),
            Some(given) => match (given.cast::<PyDict>(), given.extract()) {
                (Ok(_), _) => {
                    let name = name.unwrap_or(NAME).to_owned();
                    Given::Sections { name, sections: json(given, NAME, false)? }
                }
                (_, Ok(PathArgument(path))) => Given::File(Some(path)),
                _ => {
                    let kind = given.get_type().name()?;
                    return Err(PyTypeError::new_err(format!(
                        "experiment: must be a dict of sections, a path or a name, not {kind}"
                    )));
                }
            },
        };
        Ok(Self { from, set, quick })
    }

    /// Reads and checks it, as the command line does.
    ///
    /// # Errors
    /// [`Failure`] for a file that cannot be read and for a key that is wrong.
    pub fn load(&self) -> Result<Loaded, Failure> {
        match &self.from {
            Given::File(file) => {
                let source =
                    Source { file: file.clone(), set: self.set.clone(), quick: self.quick };
                Ok(load(&source)?)
            }
            Given::Sections { name, sections } => {
                let text = toml(sections)?;
                Ok(load_text((NAME, name), &text, &self.set, self.quick)?)
            }
        }
    }
}

/// Refuses a name that is no name of a folder, and one for what has a name.
fn check_name(given: Option<&Bound<'_, PyAny>>, name: &str) -> Result<(), Failure> {
    if given.is_none_or(|given| given.cast::<PyDict>().is_err()) {
        return Err(Failure::argument(
            "name",
            name,
            "is for an experiment that is a dict: a file has its own",
        ));
    }
    let parts: Vec<Component<'_>> = Path::new(name).components().collect();
    let plain = matches!(parts[..], [Component::Normal(part)] if part == name);
    match plain && !name.contains(['\\', ':']) && !name.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Failure::argument(
            "name",
            &format!("{name:?}"),
            "must be the name of a folder, such as tiny, and no path",
        )),
    }
}

/// Sections as TOML.
fn toml(sections: &Value) -> Result<String, Failure> {
    if let Some(key) = nothing(sections) {
        let said = format!("{NAME}: {key}: is None, but TOML has no such value: leave the key out");
        return Err(Failure::Request(said));
    }
    toml::to_string(sections).map_err(|error| Failure::Request(format!("{NAME}: {error}")))
}

/// A key without a value.
fn nothing(of: &Value) -> Option<String> {
    let Value::Object(fields) = of else { return None };
    fields.iter().find_map(|(key, value)| match value {
        Value::Null => Some(key.clone()),
        inner => nothing(inner).map(|rest| format!("{key}.{rest}")),
    })
}
