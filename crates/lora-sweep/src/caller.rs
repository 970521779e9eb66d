//! Who calls: what is shown to them, what stops the training, and how they go on with it.

use std::sync::Arc;

use lora_experiment::cells::Cell;
use lora_experiment::study::definition::Study;
use lora_runner::error::RunnerError;
use lora_runner::interrupt::{Finishes, Interrupt};
use lora_runner::meter::Meter;
use lora_runner::progress::{Bar, Progress};

/// A caller of a sweep.
pub trait Caller {
    /// What shows how far the cells of some studies are; `meter` is that of an engine that tells how far it
    /// is within a run.
    ///
    /// # Errors
    /// [`RunnerError`] where the system refuses a thread.
    fn progress(
        &self,
        studies: &[Study],
        cells: &[Cell],
        meter: Option<Arc<Meter>>,
    ) -> Result<Progress, RunnerError>;

    /// Begins to listen to what stops the training. `finishes` is what the engine finishes before it stops.
    ///
    /// # Errors
    /// [`RunnerError`] where the system refuses to let signals be handled.
    fn listen(&self, progress: &Progress, finishes: Finishes)
    -> Result<Box<dyn Stop>, RunnerError>;

    /// What shows how far the runs of a limit are, and what stops them.
    ///
    /// # Errors
    /// [`RunnerError`] where the system refuses a thread, or to let signals be handled.
    fn solving(&self) -> Result<(Bar, Box<dyn Stop>), RunnerError>;

    /// Says a line.
    fn tell(&self, line: &str);

    /// The command line that goes on with the call.
    fn command(&self) -> CommandLine;
}

/// A command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// Its words; none where no command line called.
    pub words: Vec<String>,
    /// Where it was typed.
    pub directory: Option<String>,
}

/// What stops a training. It listens while it lives.
pub trait Stop {
    /// Whether to stop.
    fn asked(&self) -> bool;

    /// The same question, for others to ask.
    fn asker(&self) -> Box<dyn Fn() -> bool + Send + Sync>;
}

impl Stop for Interrupt {
    fn asked(&self) -> bool {
        self.asked()
    }

    fn asker(&self) -> Box<dyn Fn() -> bool + Send + Sync> {
        Box::new(self.asker())
    }
}
