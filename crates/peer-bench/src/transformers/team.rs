//! One contestant on a case: a process, or several that share the runs out.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use width_sweep::error::CommandError;

use super::agreement::gathered;
use super::contestant::{OURS, Peer};
use super::memory;
use crate::environment;
use crate::process::Process;

/// The name of our worker on the command line.
pub const OUR_WORKER: &str = "transformers-worker";

/// The first line of a worker.
#[derive(Debug, Deserialize)]
struct Hello {
    versions: BTreeMap<String, String>,
    losses: Vec<Vec<Option<f64>>>,
    /// KiB that the process had in memory before it trained.
    loaded_kib: Option<f64>,
    /// Seconds of the first training, with all that is compiled in it.
    first_seconds: f64,
}

/// The answer to a turn.
#[derive(Debug, Deserialize)]
struct Trained {
    seconds: f64,
    trainings: usize,
}

/// Where and how processes are started.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Python's interpreter.
    pub python: &'a Path,
    /// The folder of the case.
    pub folder: &'a Path,
    /// Threads of a contestant.
    pub threads: usize,
    /// The longest that a process may take to start and train once.
    pub patience: Duration,
    /// Whether PyTorch's threads sleep while they wait for each other, unless `OMP_WAIT_POLICY` says
    /// otherwise.
    pub sleeps: bool,
}

/// Processes that have trained once; they end when this is dropped.
pub struct Team {
    /// The contestant.
    pub who: Peer,
    /// The losses of every run.
    pub losses: Vec<Vec<Option<f64>>>,
    /// Versions of its libraries.
    pub versions: BTreeMap<String, String>,
    /// MiB that were in memory before training.
    pub loaded_mib: f64,
    /// Seconds of the first training.
    pub first_seconds: f64,
    processes: Vec<Process>,
}

impl Team {
    /// Starts the processes, which train once, and hears what they say of it.
    ///
    /// # Errors
    /// In words, if one fails or takes too long.
    pub fn start(who: Peer, place: Place) -> Result<Self, String> {
        let (parts, each) = who.shares(place.threads);
        let start = |part| {
            let log = place.folder.join(format!("{}-{part}.log", who.key));
            let mut command = command(who, place, [each, part, parts])?;
            Process::start(&mut command, &log).map_err(|error| error.to_string())
        };
        let mut processes: Vec<Process> = (0..parts).map(start).collect::<Result<_, _>>()?;
        let hear = |process: &mut Process| -> Result<Hello, String> {
            let line = process.hear(place.patience)?;
            serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))
        };
        let hellos: Vec<Hello> = processes.iter_mut().map(hear).collect::<Result<_, _>>()?;
        processes.iter().for_each(|process| memory::forget_peak(process.id()));
        Ok(Self {
            who,
            versions: hellos.iter().flat_map(|hello| hello.versions.clone()).collect(),
            loaded_mib: hellos.iter().filter_map(|hello| hello.loaded_kib).sum::<f64>() / 1024.0,
            first_seconds: hellos.iter().map(|hello| hello.first_seconds).fold(0.0, f64::max),
            losses: gathered(&hellos.into_iter().map(|hello| hello.losses).collect::<Vec<_>>()),
            processes,
        })
    }

    /// The ids of its processes.
    pub fn ids(&self) -> Vec<u32> {
        self.processes.iter().map(Process::id).collect()
    }

    /// Trains all runs until `least` seconds have passed in each process. Returns milliseconds per step,
    /// of `steps` steps of all runs together.
    ///
    /// # Errors
    /// If a process fails.
    pub fn turn(&mut self, least: f64, steps: usize) -> Result<f64, CommandError> {
        let label = self.who.label;
        let failed = |why: String| CommandError::Failed(format!("{label}: {why}"));
        for process in &mut self.processes {
            process.say(&format!("{least:?}")).map_err(failed)?;
        }
        let mut slowest = 0.0;
        for process in &mut self.processes {
            let line = process.answer().map_err(failed)?;
            let Trained { seconds, trainings } =
                serde_json::from_str(&line).map_err(|_| failed(line))?;
            slowest = f64::max(slowest, seconds / trainings as f64);
        }
        Ok(1000.0 * slowest / steps as f64)
    }

    /// The most MiB beyond what was in memory before training.
    pub fn beyond_mib(&self) -> Option<f64> {
        let peaks: Option<f64> = self.ids().into_iter().map(memory::peak).sum();
        peaks.map(|peaks| (peaks / 1024.0 - self.loaded_mib).max(0.0))
    }
}

fn command(who: Peer, place: Place, numbers: [usize; 3]) -> Result<Command, String> {
    let numbers = numbers.map(|number| number.to_string());
    if who == OURS {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(own);
        command.arg(OUR_WORKER).arg(place.folder).arg(&numbers[0]);
        return Ok(command);
    }
    let mut command = Command::new(place.python);
    command.arg(environment::sources().join("lora_worker.py")).arg(place.folder);
    command.arg(if who.compiled { "compile" } else { "eager" }).args(numbers);
    if place.sleeps && std::env::var_os("OMP_WAIT_POLICY").is_none() {
        command.env("OMP_WAIT_POLICY", "PASSIVE");
    }
    Ok(command)
}
