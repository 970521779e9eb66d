//! A run's tables, made again from the runs that its database keeps.

use lora_experiment::cells::{Cell, cells, words};
use lora_experiment::error::ExperimentError;
use lora_experiment::study::definition::Study;
use lora_store::rows::Results;
use lora_store::run_dir::Store;
use lora_store::stored::{Database, Numerics, StoredRuns};

use crate::error::RunnerError;
use crate::replay;

/// Writes the tables anew. The experiment must be that of the run, but for what analysis and figures
/// read; of the manifest only the digests change.
///
/// # Errors
///
/// [`RunnerError::NothingToRebuild`] if the database lacks runs of the experiment,
/// [`RunnerError::Request`] and [`RunnerError::Store`] where the directory cannot be read or written.
pub fn rebuild(store: &Store) -> Result<(), RunnerError> {
    let dir = store.dir();
    let experiment = store.read_back()?.experiment;
    Database::of_sweep(dir)?;
    // Nobody else writes to it meanwhile.
    let database = Database::for_writing(dir, false)?;
    let lacks = |what: String| {
        Err(RunnerError::NothingToRebuild { path: database.path().to_owned(), lacks: what })
    };
    let Some(session) = database.last_session()? else {
        return lacks("keeps no runs yet".to_owned());
    };
    let studies = [Study::of(&session.name, &experiment).map_err(ExperimentError::from)?];
    let kept = StoredRuns::new(&database, &studies, Numerics::parse(&session.numerics))?;
    let replays = replay::of_cells(&kept, &cells(&studies))?;
    let missing = replays.iter().filter(|replay| replay.wanted > 0);
    let missing: Vec<Cell> = missing.map(|replay| replay.cell).collect();
    if !missing.is_empty() {
        return lacks(format!("lacks runs of the experiment ({})", words(&studies, &missing)));
    }
    let mut results = Results::of(replays.into_iter().map(|replay| replay.results));
    results.limits = store.read_back()?.limits_if_any()?;
    store.write_tables(&results, &store.manifest()?)?;
    Ok(())
}
