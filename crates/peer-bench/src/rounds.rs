//! All contestants on one case: agreement first, then turns.

use std::collections::BTreeMap;
use std::path::Path;

use lora_sim::CpuEngine;
use lora_stats::{Spread, StatsError};
use width_sweep::error::CommandError;

use crate::case::TimedCase;
use crate::cli::Cli;
use crate::contestant::{Contestant, OURS};
use crate::others::{Turn, least_disturbed};
use crate::ours::Ours;
use crate::ratio::paired;
use crate::table::Row;
use crate::worker::{Hello, Worker};
use crate::{agree, environment};

/// The results of one case.
pub struct CaseResult {
    /// One row for each contestant that took part, ours first.
    pub rows: Vec<Row>,
    /// The contestants that did not take part, and why.
    pub notes: Vec<String>,
    /// Versions of the libraries.
    pub versions: BTreeMap<String, String>,
}

/// Exports a case, checks that the losses agree, and times all contestants.
///
/// # Errors
/// If a file cannot be written, a run of ours diverges, or a contestant's losses differ from ours.
pub fn measure(python: &Path, case: TimedCase, cli: &Cli) -> Result<CaseResult, CommandError> {
    let folder = environment::work().join("cells");
    std::fs::create_dir_all(&folder).map_err(|error| CommandError::file(&folder, error))?;
    let cell = folder.join(format!("{}.npz", case.name()));
    case.export(&cell)?;
    let engine = CpuEngine::new();
    let ours = Ours::new(&engine, case)?;
    let mut field = Field { case, workers: Vec::new(), shares: Vec::new(), notes: Vec::new() };
    let mut versions = BTreeMap::new();
    for who in cli.others() {
        if let Some(hello) = field.join(python, who, &cell, &ours, cli)? {
            versions.insert(who.key.split('-').next().unwrap_or_default().into(), hello.version);
        }
    }
    let rows = field.turns(ours, cli)?;
    Ok(CaseResult { rows, notes: field.notes, versions })
}

/// The contestants whose losses agree with ours.
struct Field {
    case: TimedCase,
    workers: Vec<Worker>,
    /// The share of the tolerance that each uses.
    shares: Vec<f64>,
    notes: Vec<String>,
}

impl Field {
    /// Starts a contestant and adds it, if it can be started. One whose losses differ from ours is an
    /// error, because then the two do not compute the same thing.
    fn join(
        &mut self,
        python: &Path,
        who: Contestant,
        cell: &Path,
        ours: &Ours,
        cli: &Cli,
    ) -> Result<Option<Hello>, CommandError> {
        let name = self.case.name();
        if who.is_full() && !self.case.has_hidden_weights() {
            self.note(format!("{name}: {} is left out, W_h is never drawn there", who.label));
            return Ok(None);
        }
        let (worker, hello) = match Worker::start(python, who, self.case, cell, cli) {
            Ok(started) => started,
            Err(why) => {
                self.note(format!("{name}: {} is left out: {why}", who.label));
                return Ok(None);
            }
        };
        let share = self.share(who, &hello, ours)?;
        eprintln!("{name}: {} agrees, at {share:.3} of the tolerance", who.label);
        self.workers.push(worker);
        self.shares.push(share);
        Ok(Some(hello))
    }

    fn note(&mut self, note: String) {
        eprintln!("{note}");
        self.notes.push(note);
    }

    /// The share of the tolerance that a contestant uses, at most 1.
    fn share(&self, who: Contestant, hello: &Hello, ours: &Ours) -> Result<f64, CommandError> {
        let failed = |why| Err(CommandError::Failed(format!("{}: {why}", self.case.name())));
        if hello.cell != ours.losses[0] {
            return failed("the exported run is not the one that is timed here".to_owned());
        }
        let share = agree::share(self.case.width, &ours.losses, &hello.losses);
        let runs = if who.is_full() { 1 } else { self.case.learning_rates };
        if hello.losses.len() != runs || share > 1.0 {
            let label = who.label;
            return failed(format!("{label} disagrees: {share:.3} of the tolerance on losses"));
        }
        Ok(share)
    }

    /// Times all contestants in turn, round by round.
    fn turns(&mut self, mut ours: Ours, cli: &Cli) -> Result<Vec<Row>, CommandError> {
        let (mut our_times, mut times) = (Vec::new(), vec![Vec::new(); self.workers.len()]);
        for round in 1..=cli.rounds {
            let turn = || ours.turn(cli.turn);
            our_times.push(least_disturbed(&[std::process::id()], cli.retries, turn)?);
            for (worker, times) in self.workers.iter_mut().zip(&mut times) {
                let process = worker.process();
                times.push(least_disturbed(&[process], cli.retries, || worker.turn(cli.turn))?);
            }
            eprintln!("{}: round {round} of {}", self.case.name(), cli.rounds);
        }
        let row = |who, times: &[Turn], share| {
            self.row(who, times, &our_times, share).map_err(CommandError::failed)
        };
        let mut rows = vec![row(OURS, &our_times, 0.0)?];
        for ((worker, times), share) in self.workers.iter().zip(&times).zip(&self.shares) {
            rows.push(row(worker.who, times, *share)?);
        }
        Ok(rows)
    }

    fn row(
        &self,
        who: Contestant,
        turns: &[Turn],
        ours: &[Turn],
        share_of_tolerance: f64,
    ) -> Result<Row, StatsError> {
        let times = |turns: &[Turn]| turns.iter().map(|turn| turn.ms).collect::<Vec<f64>>();
        let others: Vec<f64> = turns.iter().map(|turn| turn.others).collect();
        Ok(Row {
            case: self.case,
            who,
            ms: Spread::of(&times(turns))?,
            ratio: paired(&times(turns), &times(ours))?,
            others: Spread::of(&others)?,
            share_of_tolerance,
            rounds: turns.len(),
        })
    }
}
