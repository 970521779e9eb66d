//! Running a plan: each cell's adaptive search, batch by batch, on an engine.

use lora_sim::Engine;
use lora_stats::{Goals, LrGrid};

use crate::error::CommandError;
use crate::experiment::Experiment;
use crate::plan::cells;
use crate::progress::Progress;
use crate::rows::{RunRow, StepRow};
use crate::search::Search;

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
    let (model, training) = (experiment.model(), experiment.training());
    let stability_bound = Some(experiment.search.stability_bound);
    let mut results = Results::default();
    for cell in cells(experiment) {
        progress.cell(cell);
        let mut problem =
            engine.prepare(&model, cell.width, cell.seed).map_err(CommandError::failed)?;
        let search = Search {
            grid: &grid,
            goals: Goals { minimum: true, stability_bound },
            inits: &experiment.training.inits,
            training: &training,
            adapter_seed: cell.seed,
        };
        let found = search.run(
            problem.as_mut(),
            |found| {
                let (init, index) = (found.init, found.lr_index);
                let records = found.trajectory.records.iter();
                results.steps.extend(records.map(|r| StepRow::new(cell, init, index, r)));
                let row = RunRow::new(experiment, cell, init, (index, found.lr), found.trajectory);
                let sample = row.sample();
                results.runs.push(row);
                sample
            },
            |runs| progress.trained(cell, runs),
        );
        found.map_err(CommandError::failed)?;
        progress.done();
    }
    results.sort();
    Ok(results)
}

impl Results {
    /// The order of the files: it does not tell in which order the search went.
    fn sort(&mut self) {
        self.runs.sort_by_key(|r| (r.init, r.width, r.seed, r.lr_index));
        self.steps.sort_by_key(|r| (r.init, r.width, r.seed, r.lr_index, r.step));
    }
}
