//! Turns of our CPU engine, in this process.

use std::time::Instant;

use lora_sim::spec::Run;
use lora_sim::{AdapterState, Batch, Engine, Problem};
use width_sweep::error::CommandError;

use crate::case::{SEED, TimedCase};

/// A case prepared once, with the losses of its runs.
pub struct Ours<'a> {
    case: TimedCase,
    problem: Box<dyn Problem + 'a>,
    /// The start state of every run, drawn beforehand as for the others.
    starts: Vec<AdapterState>,
    /// The losses of every run, before every update and after the last.
    pub losses: Vec<Vec<f64>>,
}

impl<'a> Ours<'a> {
    /// Prepares the case and trains once without measuring.
    ///
    /// # Errors
    /// If the engine refuses the case or a run diverges.
    pub fn new(engine: &'a dyn Engine, case: TimedCase) -> Result<Self, CommandError> {
        let problem =
            engine.prepare(&case.model(), case.width, SEED).map_err(CommandError::failed)?;
        let start = |run: &Run| AdapterState::initial(&case.model(), case.width, run);
        let starts = case.runs().iter().map(start).collect();
        let mut ours = Self { case, problem, starts, losses: Vec::new() };
        ours.losses = ours.train()?;
        if ours.losses.iter().any(|run| run.len() != case.steps + 1) {
            return Err(CommandError::Failed(format!("{}: a run of ours diverged", case.name())));
        }
        Ok(ours)
    }

    fn train(&mut self) -> Result<Vec<Vec<f64>>, CommandError> {
        let (training, runs) = (self.case.training(), self.case.runs());
        let batch = Batch { starts: Some(&self.starts), ..Batch::new(&training, &runs) };
        let outcomes = self.problem.train(&batch).map_err(CommandError::failed)?;
        Ok(outcomes.into_iter().map(|outcome| outcome.trajectory.losses).collect())
    }

    /// Trains until `least` seconds have passed. Returns milliseconds per step and learning rate.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn turn(&mut self, least: f64) -> Result<f64, CommandError> {
        let (start, mut count) = (Instant::now(), 0);
        loop {
            self.train()?;
            count += 1;
            let seconds = start.elapsed().as_secs_f64();
            if seconds >= least {
                return Ok(1000.0 * seconds / (count * self.case.lr_steps()) as f64);
            }
        }
    }
}
