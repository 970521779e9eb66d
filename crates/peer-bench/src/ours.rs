//! Our turn: the CPU engine, in this process.

use std::time::Instant;

use lora_sim::{Batch, Engine, Problem};
use width_sweep::error::CommandError;

use crate::case::{Case, SEED};

/// A case prepared once, with the losses of its runs.
pub struct Ours<'a> {
    case: Case,
    problem: Box<dyn Problem + 'a>,
    /// By run: before every update and after the last.
    pub losses: Vec<Vec<f64>>,
}

impl<'a> Ours<'a> {
    /// Prepares and trains once, unmeasured.
    pub fn new(engine: &'a dyn Engine, case: Case) -> Result<Self, CommandError> {
        let problem =
            engine.prepare(&case.model(), case.width, SEED).map_err(CommandError::failed)?;
        let mut ours = Self { case, problem, losses: Vec::new() };
        ours.losses = ours.train()?;
        if ours.losses.iter().any(|run| run.len() != case.steps + 1) {
            return Err(CommandError::Failed(format!("{}: a run of ours diverged", case.name())));
        }
        Ok(ours)
    }

    fn train(&mut self) -> Result<Vec<Vec<f64>>, CommandError> {
        let (training, runs) = (self.case.training(), self.case.runs());
        let outcomes =
            self.problem.train(&Batch::new(&training, &runs)).map_err(CommandError::failed)?;
        Ok(outcomes.into_iter().map(|outcome| outcome.trajectory.losses).collect())
    }

    /// Trains until `least` seconds have passed: milliseconds per LR-step.
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
