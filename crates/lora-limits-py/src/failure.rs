//! Errors as Python has them: `LoraLimitsError` for what was asked, `OSError` for a file, `RuntimeError` for a
//! fault of this program.

use std::error::Error;
use std::io;

use lora_advice::transfer::RunError;
use lora_diagnosis::DiagnoseError;
use lora_experiment::error::ExperimentError;
use lora_judge::{JudgeError, TableFault};
use lora_runner::error::RunnerError;
use lora_store::error::{DirectoryFault, FoundInstead, StoreError};
use lora_sweep::SweepError;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

pyo3::create_exception!(
    lora_limits,
    LoraLimitsError,
    PyValueError,
    "Why a request has no answer: one message that names the argument or the file, its value and what is valid."
);

/// ENOENT, the same on every system that Python runs on: a `FileNotFoundError`.
const NO_FILE: i32 = 2;

/// EISDIR of Unix: an `IsADirectoryError`.
const DIRECTORY: i32 = 21;

/// Why a call failed, before Python is told.
#[derive(Debug)]
pub enum Failure {
    /// What was asked is at fault, or has no answer.
    Request(String),
    /// The system refuses a file.
    System(Option<i32>, String),
    /// A fault of this program.
    Bug(String),
}

impl Failure {
    /// An argument is wrong.
    pub fn argument(name: &str, value: &str, must: &str) -> Self {
        Self::Request(format!("{name} {value}: {must}"))
    }

    /// What a library says. Where the system's own error is behind it, it is one of a file.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let said = error.to_string();
        match (error.downcast_ref(), system(error)) {
            (Some(ExperimentError::NotFound { .. }), _) => Self::System(Some(NO_FILE), said),
            (_, _) if is_no_run(error) => Self::System(Some(NO_FILE), said),
            (Some(ExperimentError::Directory { .. }), _) => Self::System(Some(DIRECTORY), said),
            (_, Some(error)) => Self::System(error.raw_os_error(), said),
            (_, None) => Self::Request(said),
        }
    }
}

/// Whether the folder of a run is not there.
fn is_no_run(error: &(dyn Error + 'static)) -> bool {
    matches!(
        error.downcast_ref(),
        Some(RunError::Store(StoreError::NotARun { found: FoundInstead::Nothing, .. }))
    )
}

/// The system's error behind one of a library.
fn system<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e io::Error> {
    if let Some(found) = error.downcast_ref::<io::Error>() {
        return Some(found);
    }
    if let Some(JudgeError::Table { fault: TableFault::Io(found), .. }) = error.downcast_ref() {
        return Some(found);
    }
    let store = match error.downcast_ref() {
        Some(SweepError::Store(store)) => Some(store),
        Some(SweepError::Runner(RunnerError::Store(store))) => Some(store),
        _ => match error.downcast_ref() {
            Some(DiagnoseError::Store(store)) => Some(store),
            _ => error.downcast_ref::<StoreError>(),
        },
    };
    match store {
        Some(StoreError::OutputDirectory {
            fault: DirectoryFault::System(found) | DirectoryFault::Unwritable(found),
            ..
        }) => Some(found),
        _ => error.source().and_then(system),
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

/// A message without what a terminal would obey: it may quote what others wrote.
pub fn harmless(said: &str) -> String {
    let shown = |c: char| match c {
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    said.chars().map(shown).collect()
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Request(said) => LoraLimitsError::new_err(harmless(&said)),
            Failure::System(Some(code), said) => PyOSError::new_err((code, harmless(&said))),
            Failure::System(None, said) => PyOSError::new_err(harmless(&said)),
            Failure::Bug(said) => PyRuntimeError::new_err(format!(
                "lora-limits failed, which is a fault of the program: {said}"
            )),
        }
    }
}
