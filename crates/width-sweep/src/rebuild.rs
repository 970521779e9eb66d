//! `plot --rebuild`: a run's tables, made again from the runs that its database keeps.

use lora_experiment::error::CommandError;
use lora_store::kept::Database;
use lora_store::kept::Shelf;
use lora_runner::replay;
use lora_experiment::cells::Cell;
use lora_experiment::cells::words;
use lora_store::run_dir::Store;
use lora_runner::sweep::Results;

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
    let shelf = Shelf::new(&database, &experiment, session.numerics)?;
    let replays = replay::all(&experiment, &shelf)?;
    let missing = replays.iter().filter(|replay| replay.wanted > 0);
    let missing: Vec<Cell> = missing.map(|replay| replay.cell).collect();
    if !missing.is_empty() {
        let what = format!("lacks runs of the experiment ({})", words(&missing));
        return Err(lacking(&database, &what));
    }
    store.write_tables(&Results::of(replays), &store.manifest()?)?;
    Ok(())
}

fn lacking(database: &Database, what: &str) -> CommandError {
    CommandError::Usage(format!(
        "{}: {what}, so the tables cannot be made of it: run the experiment again with this --out, \
         which trains what is missing",
        database.path().display()
    ))
}
