//! Ctrl-C and SIGTERM while a sweep trains: the first lets it finish its batch, or its step where states are
//! kept, and the next ends it at once. Nothing finished is lost either way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::RunnerError;

/// What the shell is told of a process that Ctrl-C has ended.
const EXIT_CODE: i32 = 130;

/// Between two looks at the flag.
const PAUSE: Duration = Duration::from_millis(50);

/// What a sweep finishes before it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finishes {
    /// The runs that are trained together.
    Batch,
    /// A step of each of them; their states are kept.
    Step,
}

impl Finishes {
    /// What is said when the first signal has come.
    const fn line(self) -> &'static str {
        match self {
            Self::Batch => {
                "stopping when this batch is done; Ctrl-C again ends at once, without it"
            }
            Self::Step => {
                "stopping when this step is done, and keeping how far it is; Ctrl-C again ends at once"
            }
        }
    }
}

/// Listens while it lives; afterwards a signal ends the process at once, until another one listens.
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    at_once: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
}

/// Whether a signal ends the process at once, of the one that listened last. Handlers stay registered after it.
static LAST: Mutex<Option<Arc<AtomicBool>>> = Mutex::new(None);

impl Interrupt {
    /// Begins to listen. `tell` says a line when the first signal has come.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Signals`] or [`RunnerError::Thread`] where the system refuses.
    pub fn listen(
        tell: impl Fn(&str) + Send + 'static,
        finishes: Finishes,
    ) -> Result<Self, RunnerError> {
        let (asked, at_once) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = last.replace(at_once.clone()) {
            before.store(false, Ordering::SeqCst);
        }
        drop(last);
        for signal in [SIGINT, SIGTERM] {
            // In this order: a signal acts on what the one before has set.
            flag::register_conditional_shutdown(signal, EXIT_CODE, at_once.clone())
                .and_then(|_| flag::register(signal, asked.clone()))
                .and_then(|_| flag::register(signal, at_once.clone()))
                .map_err(RunnerError::Signals)?;
        }
        let interrupt = Self { asked, at_once, ended: Arc::default() };
        interrupt.watch(tell, finishes)?;
        Ok(interrupt)
    }

    /// Whether a signal has come.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// The same question, for others to ask.
    pub fn asker(&self) -> impl Fn() -> bool + Send + Sync + use<> {
        let asked = self.asked.clone();
        move || asked.load(Ordering::SeqCst)
    }

    /// A handler may not print; a thread of its own may, in the middle of a batch.
    fn watch(
        &self,
        tell: impl Fn(&str) + Send + 'static,
        finishes: Finishes,
    ) -> Result<(), RunnerError> {
        let (asked, ended) = (self.asked.clone(), self.ended.clone());
        let wait = move || {
            while !asked.load(Ordering::SeqCst) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                thread::sleep(PAUSE);
            }
            tell(finishes.line());
        };
        thread::Builder::new()
            .spawn(wait)
            .map(drop)
            .map_err(|source| RunnerError::Thread { purpose: "Ctrl-C", source })
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        self.at_once.store(true, Ordering::SeqCst);
    }
}
