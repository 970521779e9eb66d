//! Turns of another contestant: a Python process that waits between its turns.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use width_sweep::error::CommandError;

use crate::case::TimedCase;
use crate::cli::Cli;
use crate::contestant::Contestant;
use crate::environment;

/// A turn that takes longer than this has failed.
const LONGEST_TURN: Duration = Duration::from_secs(600);

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
    child: Child,
    ask: Option<ChildStdin>,
    lines: Receiver<String>,
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
        let log = cell.with_file_name(&name);
        let mut worker = Self::spawn(python, who, case, cell, cli, &log)
            .map_err(|error| format!("{name}: {error}"))?;
        // Notes are stored with the results, so they contain no path of this machine.
        let failed = |why| format!("{why}; see target/peer-bench/cells/{name}");
        let line = worker.hear(Duration::from_secs(cli.patience)).map_err(failed)?;
        let hello =
            serde_json::from_str(&line).map_err(|error| failed(format!("{line}: {error}")))?;
        Ok((worker, hello))
    }

    fn spawn(
        python: &Path,
        who: Contestant,
        case: TimedCase,
        cell: &Path,
        cli: &Cli,
        log: &Path,
    ) -> std::io::Result<Self> {
        fs::create_dir_all(log.parent().unwrap_or(Path::new(".")))?;
        let numbers = [case.learning_rates, cli.threads, cli.full_steps];
        let mut child = Command::new(python)
            .arg(environment::sources().join("worker.py"))
            .arg(who.key)
            .arg(cell)
            .args(numbers.map(|number| number.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()?;
        let lines = lines_of(child.stdout.take().expect("it is piped"));
        Ok(Self { who, ask: child.stdin.take(), child, lines })
    }

    /// The id of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    fn hear(&mut self, longest: Duration) -> Result<String, String> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        self.lines.recv_timeout(longest).map_err(|error| match error {
            Timeout => format!("took more than {} s", longest.as_secs()),
            Disconnected => "failed".to_owned(),
        })
    }

    /// Trains until `least` seconds have passed. Returns milliseconds per step and learning rate.
    ///
    /// # Errors
    /// If the worker fails or takes more than ten minutes.
    pub fn turn(&mut self, least: f64) -> Result<f64, CommandError> {
        let label = self.who.label;
        let failed = |why: String| CommandError::Failed(format!("{label}: {why}"));
        let ask = self.ask.as_mut().expect("it is open until the worker is dropped");
        writeln!(ask, "{least:?}").map_err(|error| failed(error.to_string()))?;
        let line = self.hear(LONGEST_TURN).map_err(failed)?;
        line.trim().parse().map_err(|_| failed(line))
    }
}

/// Reads lines on a thread, so that waiting for one can time out.
fn lines_of(from: ChildStdout) -> Receiver<String> {
    let (send, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It ends by itself when its standard input closes, unless it hangs.
        drop(self.ask.take());
        thread::sleep(Duration::from_millis(200));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
