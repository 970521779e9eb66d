//! Long works: their threads, how far they are, and what stops them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use lora_experiment::cells::Cell;
use lora_experiment::study::definition::Study;
use lora_runner::error::RunnerError;
use lora_runner::interrupt::Finishes;
use lora_runner::meter::Meter;
use lora_runner::progress::{Bar, Progress};
use lora_sweep::{Caller, CommandLine, Stop};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::arguments::within;
use crate::failure::Failure;
use crate::on_thread::StopFlag;

/// How far a work is, from 0 to 1, and a line that says so.
type Told = (f64, String);

/// The end of a work that tells how far it is.
#[derive(Clone)]
pub struct Teller(Option<Sender<Told>>);

/// The end of Python, which shows it.
pub struct Audience {
    told: Receiver<Told>,
    /// Called with the share and the line; nothing is shown if absent.
    shown: Option<Py<PyAny>>,
    /// Whether it is the line on standard error, which is taken away at the end.
    is_line: bool,
}

/// An argument `threads`.
///
/// # Errors
/// [`Failure::Request`] for a number out of range.
pub fn threads_of(given: Option<i64>) -> Result<Option<u16>, Failure> {
    let found = given.map(|threads| within("threads", threads, (1, 1024))).transpose()?;
    Ok(found.and_then(|threads| u16::try_from(threads).ok()))
}

/// Both ends for an argument `progress`: True, which is the default, for a line on standard error, False for
/// nothing, or a callable.
///
/// # Errors
/// `TypeError` for anything else.
pub fn progress_of(
    py: Python<'_>,
    given: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Teller, Audience)> {
    let (teller, told) = channel();
    let line = || -> PyResult<Py<PyAny>> {
        Ok(py.import("lora_limits._progress")?.getattr("Line")?.call0()?.unbind())
    };
    let (shown, is_line) = match given.map(|given| (given, given.cast::<PyBool>())) {
        None => (Some(line()?), true),
        Some((_, Ok(flag))) => (flag.is_true().then(line).transpose()?, flag.is_true()),
        Some((given, Err(_))) if given.is_callable() => (Some(given.clone().unbind()), false),
        Some(_) => {
            let said = "progress: must be True, False or a callable that takes a share and a line";
            return Err(PyTypeError::new_err(said));
        }
    };
    let teller = Teller(shown.is_some().then_some(teller));
    Ok((teller, Audience { told, shown, is_line }))
}

impl Audience {
    /// Shows what was told since the last look.
    ///
    /// # Errors
    /// What the callable raises.
    pub fn look(&self, py: Python<'_>) -> PyResult<()> {
        let Some(shown) = &self.shown else { return Ok(()) };
        for (share, line) in self.told.try_iter() {
            shown.call1(py, (share, line))?;
        }
        Ok(())
    }

    /// Takes the line on standard error away. An answer is worth more than an error of that.
    pub fn end(&self, py: Python<'_>) {
        if let Some(line) = self.shown.as_ref().filter(|_| self.is_line) {
            let _ = line.call_method0(py, "_end");
        }
    }
}

impl Teller {
    /// A bar that tells this end.
    ///
    /// # Errors
    /// [`RunnerError::Thread`] where the system starts no thread.
    pub fn bar(&self) -> Result<Bar, RunnerError> {
        match self.0.clone() {
            Some(teller) => Bar::told(None, tell(teller)),
            None => Ok(Bar::hidden()),
        }
    }
}

/// Sends what is told. Nobody may be listening any more.
fn tell(teller: Sender<Told>) -> impl Fn(f64, &str) + Send + 'static {
    move |share, line| drop(teller.send((share, line.to_owned())))
}

/// Python as the caller of a sweep.
pub struct PythonCaller {
    /// What stops it.
    pub stop: StopFlag,
    /// What is told of its progress.
    pub teller: Teller,
    /// Lines that were said.
    pub notes: Mutex<Vec<String>>,
}

impl PythonCaller {
    /// The lines that were said.
    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Caller for PythonCaller {
    fn progress(
        &self,
        studies: &[Study],
        cells: &[Cell],
        meter: Option<Arc<Meter>>,
    ) -> Result<Progress, RunnerError> {
        match self.teller.0.clone() {
            Some(teller) => Progress::told(studies, cells, meter, tell(teller)),
            None => Ok(Progress::hidden(studies)),
        }
    }

    fn listen(&self, _: &Progress, _: Finishes) -> Result<Box<dyn Stop>, RunnerError> {
        Ok(Box::new(self.stop.clone()))
    }

    fn solving(&self) -> Result<(Bar, Box<dyn Stop>), RunnerError> {
        Ok((self.teller.bar()?, Box::new(self.stop.clone())))
    }

    fn tell(&self, line: &str) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }

    fn command(&self) -> CommandLine {
        CommandLine::default()
    }
}

impl Stop for StopFlag {
    fn asked(&self) -> bool {
        self.asked()
    }

    fn asker(&self) -> Box<dyn Fn() -> bool + Send + Sync> {
        let flag = self.clone();
        Box::new(move || flag.asked())
    }
}
