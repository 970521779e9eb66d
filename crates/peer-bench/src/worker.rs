//! Turns of another contestant: a Python process that waits between its turns.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use width_sweep::error::CommandError;

use crate::case::TimedCase;
use crate::cli::Cli;
use crate::contestant::Contestant;
use crate::environment;
use crate::process::Process;

/// The first line of a worker.
#[derive(Debug, Deserialize)]
pub struct Hello {
    /// The version of its library.
    pub version: String,
    /// The losses of every run, `None` where one is not finite.
    pub losses: Vec<Vec<Option<f64>>>,
    /// The losses that the exported file holds for the first run.
    pub cell: Vec<f64>,
}

/// A process that has trained once; it ends when this is dropped.
pub struct Worker {
    /// The contestant.
    pub who: Contestant,
    process: Process,
}

impl Worker {
    /// Starts a worker and reads its first line.
    ///
    /// # Errors
    /// In words, if the worker fails or takes too long.
    pub fn start(
        python: &Path,
        who: Contestant,
        case: TimedCase,
        cell: &Path,
        cli: &Cli,
    ) -> Result<(Self, Hello), String> {
        let name = format!("{}-{}.log", case.name(), who.key);
        let numbers = [case.learning_rates, cli.threads, cli.full_steps];
        let mut command = Command::new(python);
        command.arg(environment::sources().join("worker.py")).arg(who.key).arg(cell);
        command.args(numbers.map(|number| number.to_string()));
        let mut process = Process::start(&mut command, &cell.with_file_name(&name))
            .map_err(|error| format!("{name}: {error}"))?;
        // Notes are stored with the results, so they contain no path of this machine.
        let failed = |why| format!("{why}; see target/peer-bench/cells/{name}");
        let line = process.hear(Duration::from_secs(cli.patience)).map_err(failed)?;
        let hello =
            serde_json::from_str(&line).map_err(|error| failed(format!("{line}: {error}")))?;
        Ok((Self { who, process }, hello))
    }

    /// The id of its process.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Trains until `least` seconds have passed. Returns milliseconds per step and learning rate.
    ///
    /// # Errors
    /// If the worker fails or takes more than half an hour.
    pub fn turn(&mut self, least: f64) -> Result<f64, CommandError> {
        let label = self.who.label;
        let failed = |why: String| CommandError::Failed(format!("{label}: {why}"));
        self.process.say(&format!("{least:?}")).map_err(failed)?;
        let line = self.process.answer().map_err(failed)?;
        line.trim().parse().map_err(|_| failed(line))
    }
}
