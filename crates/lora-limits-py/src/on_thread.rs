//! Work on a thread of its own, while Python goes on and Ctrl-C is heeded.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

use crate::failure::Failure;

/// Between two looks at Python's signals.
const LOOK: Duration = Duration::from_millis(100);

/// How long a work that was told to stop may take to end before the call ends without it. It then ends by
/// itself, at the next place where it looks; `works` waits for those that have something to keep.
const GRACE: Duration = Duration::from_millis(1000);

/// Bytes of the work's stack: as many as a process begins with.
const STACK: usize = 8 << 20;

/// Whether a work is to stop.
#[derive(Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Whether it is set.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Sets it.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Does some work without the GIL. Ctrl-C, and an error of `tick`, set its flag and end the call.
///
/// `tick` is called ten times a second, with the GIL.
///
/// # Errors
/// What the work fails with, what `tick` fails with, or the exception of a signal's handler. A panic of the
/// work is a `RuntimeError`.
pub fn on_thread<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce(StopFlag) -> Result<T, Failure> + Send + 'static,
    mut tick: impl FnMut(Python<'_>) -> PyResult<()>,
) -> PyResult<T> {
    let stop = StopFlag::default();
    let (done, result) = channel();
    // Locked by one thread alone: this one, which lets go of the GIL while it waits.
    let result = Mutex::new(result);
    let of_work = stop.clone();
    let guarded = move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| work(of_work)));
        // Nobody may be waiting any more.
        let _ = done.send(outcome.unwrap_or_else(|panic| Err(Failure::Bug(words(&*panic)))));
    };
    thread::Builder::new().stack_size(STACK).spawn(guarded).map_err(Failure::from)?;
    loop {
        match wait(py, &result, LOOK) {
            Some(outcome) => {
                let value = outcome?;
                tick(py)?;
                return Ok(value);
            }
            None => {
                if let Err(error) = py.check_signals().and_then(|()| tick(py)) {
                    stop.ask();
                    wait(py, &result, GRACE);
                    return Err(error);
                }
            }
        }
    }
}

/// The result, if it comes in time.
fn wait<T: Send>(
    py: Python<'_>,
    result: &Mutex<Receiver<Result<T, Failure>>>,
    time: Duration,
) -> Option<Result<T, Failure>> {
    py.detach(|| {
        let result = result.lock().unwrap_or_else(PoisonError::into_inner);
        match result.recv_timeout(time) {
            Ok(outcome) => Some(outcome),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                Some(Err(Failure::Bug("its thread ended without a result".to_owned())))
            }
        }
    })
}

/// Does some work at once. A panic is a `RuntimeError`.
///
/// # Errors
/// What the work fails with.
pub fn guarded<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    let outcome = catch_unwind(AssertUnwindSafe(work));
    outcome.unwrap_or_else(|panic| Err(Failure::Bug(words(&*panic)).into()))
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it panicked".to_owned())
}
