//! `run` and `plot`: from an experiment, or from a run's directory, to tables and figures.

use std::path::{Path, PathBuf};
use std::time::Instant;

use lora_sim::Engine;

use lora_analysis::analysis::readings;
use lora_analysis::analysis::summarise;
use crate::cli::PlotArgs;
use crate::cli::RunArgs;
use crate::cli::Threads;
use lora_analysis::draw;
use lora_analysis::draw::Sources;
use crate::dry_run;
use lora_runner::engine;
use lora_experiment::error::CommandError;
use lora_experiment::experiment::Experiment;
use lora_experiment::experiment::Loaded;
use lora_experiment::experiment::Source;
use lora_experiment::experiment::load;
use lora_runner::interrupt::Interrupt;
use lora_store::kept;
use lora_store::kept::Database;
use lora_store::kept::Replay;
use lora_store::kept::Session;
use lora_store::kept::Shelf;
use lora_store::kept::holder;
use lora_runner::replay;
use lora_store::manifest::Manifest;
use lora_store::manifest::SweepCounts;
use lora_runner::memory::PICTURE;
use lora_runner::memory::check_drawing;
use lora_runner::progress::Progress;
use lora_runner::progress::tell;
use crate::rebuild;
use lora_experiment::shard::Shard;
use lora_experiment::shard::cells_of;
use lora_store::run_dir::Store;
use lora_runner::sweep::Results;
use lora_runner::sweep::Sweep;
use crate::table;
use crate::merge;
use lora_experiment::cells;
use lora_experiment::shell;
use lora_experiment::warnings;

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
        let sweep = place(arguments, &loaded.name);
        let shard = arguments.shard;
        let out = shard.map_or_else(|| sweep.clone(), |shard| shard.dir(&sweep));
        let warned = warnings::before_training(&loaded.experiment);
        if arguments.dry_run {
            Store::check(&out)?;
            check_drawing(PICTURE)?;
            warnings::announce("", &warned);
            let kept = kept_in(&out, (&loaded.experiment, shard), chosen.engine.as_ref())?;
            return Ok(dry_run::render((&loaded, shard), &chosen, &out) + &kept);
        }
        if shard.is_none() {
            check_drawing(PICTURE)?;
        }
        let store = Store::for_writing(&out)?;
        let database = Database::for_writing(&out, arguments.fresh)?;
        chosen.announce();
        warnings::announce("", &warned);
        let trained = train(&loaded, chosen.engine.as_ref(), &database, arguments);
        let concluded = trained.and_then(|trained| match shard {
            None => trained.conclude(&loaded.experiment, &store),
            Some(shard) => Ok(trained.tell_shard(&loaded, shard, (&sweep, &out))),
        });
        concluded.map_err(|error| database.gone().unwrap_or(error))
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
fn kept_in(
    out: &Path,
    (e, shard): (&Experiment, Option<Shard>),
    engine: &dyn Engine,
) -> Result<String, CommandError> {
    if !out.join(kept::FILE).exists() {
        return Ok(String::new());
    }
    let database = Database::for_reading(out)?;
    if holder(out).is_none() {
        // All of it is read at length, which would hold up whoever trains.
        database.check_whole()?;
    }
    let shelf = Shelf::new(&database, e, engine.numerics())?;
    let replayed = replay::of_cells(e, cells_of(e, shard), |cell, run| shelf.get(cell, run))?;
    Ok(kept_line(e, &replayed, &database).map_or(String::new(), |line| line + "\n"))
}

/// How much is kept of what a sweep needs; none where that is nothing.
fn kept_line(e: &Experiment, replayed: &[Replay], database: &Database) -> Option<String> {
    let kept = replay::kept(replayed);
    let of = replay::needed(e, replayed);
    (kept > 0).then(|| format!("kept: {kept} of {of} runs, in {}", database.path().display()))
}

/// What a call has trained or found trained.
struct Measured {
    results: Results,
    manifest: Manifest,
}

/// Trains what is not kept.
fn train(
    loaded: &Loaded,
    engine: &dyn Engine,
    database: &Database,
    arguments: &RunArgs,
) -> Result<Measured, CommandError> {
    let Loaded { name, experiment, .. } = loaded;
    let started = Instant::now();
    let shelf = &Shelf::new(database, experiment, engine.numerics())?;
    let cells = cells_of(experiment, arguments.shard);
    let progress = Progress::new(experiment, &cells)?;
    let replayed = replay::of_cells(experiment, cells, |cell, run| shelf.get(cell, run))?;
    if let Some(line) = kept_line(experiment, &replayed, database) {
        tell(&line);
    }
    let mut manifest = Manifest::new(name, arguments.quick, experiment, engine.describe(), 0.0)?;
    (manifest.shard, manifest.command) = (arguments.shard, shell::words_to_go_on());
    // A merge tells how to go on with a shard. Of other runs the path would only be published.
    manifest.directory = arguments.shard.and_then(|_| shell::directory());
    let kept = replay::kept(&replayed);
    let interrupt = Interrupt::listen(progress.teller())?;
    let session = &Session::begin(&manifest, experiment, &engine.numerics())?;
    database.begin(session)?;
    let stop = &|| interrupt.asked();
    let sweep = Sweep { experiment, engine, shelf, session, progress: &progress, stop };
    let results = sweep.run(replayed)?;
    drop((interrupt, progress));
    manifest.end(started.elapsed().as_secs_f64());
    manifest.sweep = Some(SweepCounts { runs: results.runs.len(), kept });
    Ok(Measured { results, manifest })
}

impl Measured {
    /// Writes, analyses and draws.
    fn conclude(&self, experiment: &Experiment, store: &Store) -> Result<String, CommandError> {
        let Self { results, manifest } = self;
        let manifest = store.write_results(experiment, results, manifest)?;
        let table = conclude(store, experiment, results, &manifest)?;
        Ok(format!("{table}\n{}\n", self.time()))
    }

    /// Of a shard nothing is concluded: a table would be one of a part. It says what comes next.
    fn tell_shard(&self, loaded: &Loaded, shard: Shard, (sweep, out): (&Path, &Path)) -> String {
        let Loaded { name, experiment, .. } = loaded;
        let (title, of, time) = (&experiment.title, shard.of, self.time());
        let part = plan::words(&shard.cells(experiment));
        let kept = self.manifest.sweep.map_or(0, |counts| counts.kept);
        let trained = self.results.runs.len() - kept;
        let database = out.join(kept::FILE);
        let database = database.display();
        let merge = merge::command(sweep);
        format!(
            "{name}: {title}\nshard {shard} ({part}): {trained} runs trained, {kept} kept before; \
             all are in {database}\n{time}\n\nWhen all {of} shards are done, this merges them and \
             writes tables and figures:\n  {merge}\n"
        )
    }

    fn time(&self) -> String {
        let Manifest { wall_seconds, engine, .. } = &self.manifest;
        format!("{} on {engine}", duration(*wall_seconds))
    }
}

/// The threads to compute on; all cores if no number is given.
pub fn pool(Threads { threads }: Threads) -> Result<rayon::ThreadPool, CommandError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.map_or(0, usize::from))
        .build()
        .map_err(|error| CommandError::Failed(format!("no threads could be started: {error}")))?;
    // An allocator takes address space for a thread when that first asks for memory. It has to be taken
    // before one looks at how much is left.
    pool.broadcast(|_| drop(std::hint::black_box(vec![1_u8; 64])));
    Ok(pool)
}

/// Analyses and draws a run's directory again, its tables made again first if that is asked for.
pub fn plot(arguments: &PlotArgs) -> Result<String, CommandError> {
    let dir = &arguments.dir;
    check_drawing(PICTURE)?;
    if arguments.rebuild {
        rebuild::rebuild(&Store::for_rebuilding(dir)?)?;
    }
    let store = Store::for_reading(dir)?;
    let run = store.read_back()?;
    let results = Results { runs: run.runs()?, steps: run.steps()? };
    run.note().iter().for_each(|note| tell(note));
    atomic_files::clear(dir);
    conclude(&store, &run.experiment, &results, &run.manifest)
}

/// Summary, figures and table: a pure function of what is in the directory.
pub fn conclude(
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

/// A time with what matters of it.
pub fn duration(seconds: f64) -> String {
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}
