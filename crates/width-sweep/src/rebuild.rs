//! `plot --rebuild`: a run's tables, made again from the runs that its database keeps.

use crate::error::CommandError;
use lora_experiment::cells::{Cell, cells, words};
use lora_experiment::study::definition::Study;
use lora_runner::replay;
use lora_store::rows::Results;
use lora_store::run_dir::Store;
use lora_store::stored::{Database, Numerics, StoredRuns};

/// Writes the tables anew. The experiment must be that of the run, but for what analysis and figures
/// read; of the manifest only the digests change.
pub fn rebuild(store: &Store) -> Result<(), CommandError> {
    let dir = store.dir();
    let experiment = store.read_back()?.experiment;
    Database::of_sweep(dir)?;
    // Nobody else writes to it meanwhile.
    let database = Database::for_writing(dir, false)?;
    let Some(session) = database.last_session()? else {
        return Err(lacking(&database, "keeps no runs yet"));
    };
    let studies = [Study::of(&session.name, &experiment).map_err(CommandError::failed)?];
    let kept = StoredRuns::new(&database, &studies, Numerics::parse(&session.numerics))?;
    let replays = replay::of_cells(&kept, &cells(&studies))?;
    let missing = replays.iter().filter(|replay| replay.wanted > 0);
    let missing: Vec<Cell> = missing.map(|replay| replay.cell).collect();
    if !missing.is_empty() {
        let what = format!("lacks runs of the experiment ({})", words(&studies, &missing));
        return Err(lacking(&database, &what));
    }
    let results = replays.into_iter().map(|replay| replay.results);
    store.write_tables(&Results::of(results), &store.manifest()?)?;
    Ok(())
}

fn lacking(database: &Database, what: &str) -> CommandError {
    CommandError::Usage(format!(
        "{}: {what}, so the tables cannot be made of it: run the experiment again with this --out, \
         which trains what is missing",
        database.path().display()
    ))
}
