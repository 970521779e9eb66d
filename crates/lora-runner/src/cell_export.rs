//! One run of one cell, trained alone and written with all that it takes to replay it elsewhere.

use lora_experiment::experiment::Experiment;
use lora_sim::spec::Run;
use lora_sim::{AdapterState, Batch, Data, Engine};
use lora_store::cell_archive::{self, Exported};
use lora_store::output::Output;

use crate::error::RunnerError;

/// Trains the run at the experiment's first width, on the problem of the run's seed, writes it, and
/// returns its losses.
///
/// # Errors
///
/// [`RunnerError::Engine`] where the engine fails, and [`RunnerError::Store`] where the file cannot be
/// written.
pub fn train_and_write(
    experiment: &Experiment,
    run: Run,
    engine: &dyn Engine,
    output: &Output,
) -> Result<Vec<f64>, RunnerError> {
    let (model, training) = (experiment.model(), experiment.training());
    let (width, seed) = (experiment.model.widths[0], run.adapter_seed);
    let mut problem = engine.prepare(&model, width, seed)?;
    let runs = [run];
    let batch = Batch { keep_states: true, ..Batch::new(&training, &runs) };
    let outcomes = problem.train(&batch)?;
    let exported = Exported {
        experiment,
        model: &model,
        run,
        data: &Data::draw(&model, seed),
        frozen: &problem.frozen()?,
        start: &AdapterState::initial(&model, width, &run),
        outcome: &outcomes[0],
        engine: &engine.describe(),
    };
    output.write(|file| cell_archive::write(&exported, file))?;
    Ok(outcomes[0].trajectory.losses.clone())
}
