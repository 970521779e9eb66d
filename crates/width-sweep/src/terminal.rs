//! The command line as the caller of a sweep.

use std::sync::Arc;

use lora_experiment::cells::Cell;
use lora_experiment::study::definition::Study;
use lora_runner::error::RunnerError;
use lora_runner::interrupt::{Finishes, Interrupt};
use lora_runner::meter::Meter;
use lora_runner::progress::{Bar, Progress, tell};
use lora_sweep::{Caller, CommandLine, Stop};

use crate::typed;

/// Progress and lines go to standard error; Ctrl-C and SIGTERM stop.
pub struct Terminal;

impl Caller for Terminal {
    fn progress(
        &self,
        studies: &[Study],
        cells: &[Cell],
        meter: Option<Arc<Meter>>,
    ) -> Result<Progress, RunnerError> {
        Progress::new(studies, cells, meter)
    }

    fn listen(
        &self,
        progress: &Progress,
        finishes: Finishes,
    ) -> Result<Box<dyn Stop>, RunnerError> {
        Ok(Box::new(Interrupt::listen(progress.line_printer(), finishes)?))
    }

    fn solving(&self) -> Result<(Bar, Box<dyn Stop>), RunnerError> {
        let bar = Bar::new(None)?;
        let gauge = bar.gauge().clone();
        let told = move |line: &str| gauge.suspend(|| tell(line));
        Ok((bar, Box::new(Interrupt::listen(told, Finishes::Batch)?)))
    }

    fn tell(&self, line: &str) {
        tell(line);
    }

    fn command(&self) -> CommandLine {
        CommandLine { words: typed::words_to_go_on(), directory: typed::directory() }
    }
}
