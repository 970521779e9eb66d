//! `run` and `plot`: from an experiment, or from a run's directory, to tables and figures.

use std::path::PathBuf;
use std::time::Instant;

use lora_sim::Engine;

use crate::analysis::{readings, summarise};
use crate::cli::{PlotArgs, RunArgs, Threads};
use crate::draw::{self, Sources};
use crate::dry_run;
use crate::engine;
use crate::error::CommandError;
use crate::experiment::{Experiment, Loaded, Source, load};
use crate::manifest::Manifest;
use crate::progress::Progress;
use crate::store::Store;
use crate::sweep::{self, Results};
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
            return Ok(dry_run::render(&loaded, &chosen, &out));
        }
        let store = Store::for_writing(&out)?;
        chosen.announce();
        train(&loaded, chosen.engine.as_ref(), &store, arguments.quick)
    })
}

/// The directory that results go to.
fn place(arguments: &RunArgs, name: &str) -> PathBuf {
    let ending = if arguments.quick { "-quick" } else { "" };
    let default = || PathBuf::from("runs").join(format!("{name}{ending}"));
    arguments.out.clone().unwrap_or_else(default)
}

/// Trains, writes, analyses and draws.
fn train(
    loaded: &Loaded,
    engine: &dyn Engine,
    store: &Store,
    quick: bool,
) -> Result<String, CommandError> {
    let Loaded { name, experiment, .. } = loaded;
    let started = Instant::now();
    let progress = Progress::new(experiment);
    let results = sweep::run(experiment, engine, &progress)?;
    progress.finish();
    let seconds = started.elapsed().as_secs_f64();
    let manifest = Manifest::new(name, quick, experiment, engine.describe(), seconds)?;
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
