//! Running a plan: each cell's adaptive search, batch by batch, on an engine.

use lora_sim::spec::{Init, Run};
use lora_sim::{Batch, Engine, Problem};
use lora_stats::{Goals, LrGrid, Samples, next};

use crate::error::CommandError;
use crate::experiment::Experiment;
use crate::plan::{Cell, cells};
use crate::progress::Progress;
use crate::rows::{RunRow, StepRow};

/// Everything that a sweep measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// One row a run, by width, seed, init and learning rate.
    pub runs: Vec<RunRow>,
    /// One row a recorded step.
    pub steps: Vec<StepRow>,
}

/// Runs every cell of an experiment.
pub fn run(
    experiment: &Experiment,
    engine: &dyn Engine,
    progress: &Progress,
) -> Result<Results, CommandError> {
    let grid = LrGrid::new(experiment.grid_spec()).map_err(CommandError::failed)?;
    let model = experiment.model();
    let mut results = Results::default();
    for cell in cells(experiment) {
        progress.cell(cell);
        let mut problem =
            engine.prepare(&model, cell.width, cell.seed).map_err(CommandError::failed)?;
        let search = Search { experiment, grid: &grid, cell, problem: problem.as_mut() };
        search.run(progress, &mut results).map_err(CommandError::failed)?;
        progress.done();
    }
    results.sort();
    Ok(results)
}

struct Search<'a, 'p> {
    experiment: &'a Experiment,
    grid: &'a LrGrid,
    cell: Cell,
    problem: &'a mut (dyn Problem + 'p),
}

impl Search<'_, '_> {
    /// Trains batches until no init wants another learning rate.
    fn run(mut self, progress: &Progress, results: &mut Results) -> Result<(), lora_sim::SimError> {
        let inits = &self.experiment.training.inits;
        let goals =
            Goals { minimum: true, stability_bound: Some(self.experiment.search.stability_bound) };
        let mut samples = vec![Samples::new(); inits.len()];
        loop {
            let wanted: Vec<(usize, i64)> = samples
                .iter()
                .enumerate()
                .flat_map(|(init, s)| {
                    next(self.grid, s, &goals).into_iter().map(move |k| (init, k))
                })
                .collect();
            if wanted.is_empty() {
                return Ok(());
            }
            for (init, row) in self.train(&wanted, results)? {
                samples[init].insert(row.lr_index, row.sample());
                results.runs.push(row);
            }
            progress.trained(self.cell, wanted.len());
        }
    }

    /// One batch. All inits share it, and with it one pass over Z and H.
    fn train(
        &mut self,
        wanted: &[(usize, i64)],
        results: &mut Results,
    ) -> Result<Vec<(usize, RunRow)>, lora_sim::SimError> {
        let init = |position: usize| -> Init { self.experiment.training.inits[position] };
        let runs: Vec<Run> = wanted
            .iter()
            .map(|&(i, k)| Run { init: init(i), lr: self.grid.lr(k), adapter_seed: self.cell.seed })
            .collect();
        let training = self.experiment.training();
        let outcomes = self.problem.train(&Batch::new(&training, &runs))?;
        let mut rows = Vec::with_capacity(runs.len());
        for ((&(position, k), run), outcome) in wanted.iter().zip(&runs).zip(&outcomes) {
            let trajectory = &outcome.trajectory;
            let records = trajectory.records.iter();
            results.steps.extend(records.map(|r| StepRow::new(self.cell, run.init, k, r)));
            let row = RunRow::new(self.experiment, self.cell, run.init, (k, run.lr), trajectory);
            rows.push((position, row));
        }
        Ok(rows)
    }
}

impl Results {
    /// The order of the files: it does not tell in which order the search went.
    fn sort(&mut self) {
        self.runs.sort_by_key(|r| (r.init, r.width, r.seed, r.lr_index));
        self.steps.sort_by_key(|r| (r.init, r.width, r.seed, r.lr_index, r.step));
    }
}
