//! `run` and `plot`: from an experiment, or from a run's directory, to tables and figures.

use std::path::{Path, PathBuf};
use std::time::Instant;

use lora_sim::Engine;

use crate::analysis::{readings, summarise};
use crate::cli::{PlotArgs, RunArgs, Threads};
use crate::draw::{self, Sources};
use crate::dry_run;
use crate::engine;
use crate::error::CommandError;
use crate::experiment::{Experiment, Loaded, Source, load};
use crate::interrupt::Interrupt;
use crate::kept::{self, Database, Replay, Session, Shelf, replay};
use crate::manifest::{Manifest, SweepCounts};
use crate::progress::{Progress, tell};
use crate::store::Store;
use crate::sweep::{Results, Sweep};
use crate::table;

/// Runs an experiment. Everything that can be refused is refused before anything is run.
pub fn run(arguments: &RunArgs) -> Result<String, CommandError> {
    let source = Source {
        file: arguments.experiment.clone(),
        set: arguments.set.clone(),
        quick: arguments.quick,
    };
    let loaded = load(&source)?;
    pool(arguments.threads)?.install(|| {
        let chosen = engine::choose_for(arguments.engine.engine, &loaded)?;
        let out = place(arguments, &loaded.name);
        if arguments.dry_run {
            Store::check(&out)?;
            let kept = kept_in(&out, &loaded.experiment, chosen.engine.as_ref())?;
            return Ok(dry_run::render(&loaded, &chosen, &out) + &kept);
        }
        let store = Store::for_writing(&out)?;
        let database = Database::for_writing(&out, arguments.fresh)?;
        chosen.announce();
        train(&loaded, chosen.engine.as_ref(), (&store, &database), arguments.quick)
    })
}

/// The directory that results go to.
fn place(arguments: &RunArgs, name: &str) -> PathBuf {
    let ending = if arguments.quick { "-quick" } else { "" };
    let default = || PathBuf::from("runs").join(format!("{name}{ending}"));
    arguments.out.clone().unwrap_or_else(default)
}

/// What a run would find trained, as a line; nothing where nothing is kept. It refuses what the run
/// would refuse.
fn kept_in(out: &Path, e: &Experiment, engine: &dyn Engine) -> Result<String, CommandError> {
    if !out.join(kept::FILE).exists() {
        return Ok(String::new());
    }
    let database = Database::for_reading(out)?;
    database.check_whole()?;
    let replayed = replay::all(e, &Shelf::new(&database, e, engine.numerics())?)?;
    Ok(kept_line(e, &replayed, &database).map_or(String::new(), |line| line + "\n"))
}

/// How much is kept of what a sweep needs; none where that is nothing.
fn kept_line(e: &Experiment, replayed: &[Replay], database: &Database) -> Option<String> {
    let kept = replay::kept(replayed);
    let of = replay::needed(e, replayed);
    (kept > 0).then(|| format!("kept: {kept} of {of} runs, in {}", database.path().display()))
}

/// Trains, writes, analyses and draws.
fn train(
    loaded: &Loaded,
    engine: &dyn Engine,
    (store, database): (&Store, &Database),
    quick: bool,
) -> Result<String, CommandError> {
    let Loaded { name, experiment, .. } = loaded;
    let started = Instant::now();
    let shelf = &Shelf::new(database, experiment, engine.numerics())?;
    let replayed = replay::all(experiment, shelf)?;
    if let Some(line) = kept_line(experiment, &replayed, database) {
        tell(&line);
    }
    let mut manifest = Manifest::new(name, quick, experiment, engine.describe(), 0.0)?;
    let kept = replay::kept(&replayed);
    let progress = &Progress::new(experiment);
    let interrupt = Interrupt::listen(progress.teller())?;
    let session = &Session::begin(&manifest, experiment, &engine.numerics())?;
    database.begin(session)?;
    let stop = &|| interrupt.asked();
    let results = Sweep { experiment, engine, shelf, session, progress, stop }.run(replayed)?;
    drop(interrupt);
    progress.finish();
    manifest.end(started.elapsed().as_secs_f64());
    manifest.sweep = Some(SweepCounts { runs: results.runs.len(), kept });
    store.write_results(experiment, &results, &manifest)?;
    let table = conclude(store, experiment, &results, &manifest)?;
    Ok(format!("{table}\n{} on {}\n", duration(manifest.wall_seconds), manifest.engine))
}

/// The threads to compute on; all cores if no number is given.
pub fn pool(Threads { threads }: Threads) -> Result<rayon::ThreadPool, CommandError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.map_or(0, usize::from))
        .build()
        .map_err(|error| CommandError::Failed(format!("no threads could be started: {error}")))
}

/// Analyses and draws a run's directory again.
pub fn plot(arguments: &PlotArgs) -> Result<String, CommandError> {
    let store = Store::for_reading(&arguments.dir)?;
    let (experiment, manifest) = (store.experiment()?, store.manifest()?);
    conclude(&store, &experiment, &store.results()?, &manifest)
}

/// Summary, figures and table: a pure function of what is in the directory.
fn conclude(
    store: &Store,
    experiment: &Experiment,
    results: &Results,
    manifest: &Manifest,
) -> Result<String, CommandError> {
    let readings = readings(experiment, &results.runs)?;
    let summary = summarise(&manifest.experiment, manifest.quick, experiment, &readings)?;
    store.write_summary(&summary)?;
    let sources = Sources { experiment, results, readings: &readings, summary: &summary };
    let figures = draw::draw(store, &sources, manifest)?;
    let mut text = table::render(&summary);
    text += &format!("\n{}: summary.json, runs.csv, trajectories.csv\n", store.dir().display());
    for figure in figures {
        text += &format!("{}\n", figure.display());
    }
    Ok(text)
}

fn duration(seconds: f64) -> String {
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}
