//! `run` and `plot`: from an experiment, or from a run's directory, to tables and figures.

use std::path::Path;

use crate::error::CommandError;
use lora_experiment::experiment::{Loaded, Source, load};
use lora_experiment::request::Request;
use lora_experiment::shard::{Shard, cells_of};
use lora_experiment::study::definition::Study;
use lora_experiment::{cells, warnings};
use lora_runner::engine::{self, Chosen};
use lora_runner::engines::Engines;
use lora_runner::memory::{PICTURE, check_drawing};
use lora_runner::progress::tell;
use lora_runner::rebuild::rebuild;
use lora_runner::replay;
use lora_store::rows::Results;
use lora_store::run_dir::Store;
use lora_store::stored::{self, Database, holder};
use lora_sweep::{ExperimentCall, Finished, Measured, TrainingCall, kept_line, place, with_gap};

use crate::cli::{PlotArgs, RunArgs, mistaken};
use crate::terminal::Terminal;
use crate::{conclude, dry_run, merge, threads};

/// Runs an experiment. Everything that can be refused is refused before anything is run.
pub fn run(arguments: &RunArgs) -> Result<String, CommandError> {
    mistaken::refuse_command(arguments.experiment.as_deref())?;
    let source = Source {
        file: arguments.experiment.clone(),
        set: arguments.set.clone(),
        quick: arguments.quick,
    };
    let loaded = load(&source)?;
    threads::pool(arguments.threads)?.install(|| {
        let chosen = engine::choose_for(arguments.engine.engine, &loaded)?;
        let sweep = place(arguments.out.as_deref(), &loaded.name, arguments.quick);
        let out = arguments.shard.map_or_else(|| sweep.clone(), |shard| shard.dir(&sweep));
        match arguments.dry_run {
            true => try_out(arguments, &loaded, &chosen, &out),
            false => carry_out(arguments, &loaded, &chosen, (&sweep, &out)),
        }
    })
}

/// What a run would do.
fn try_out(
    arguments: &RunArgs,
    loaded: &Loaded,
    chosen: &Chosen,
    out: &Path,
) -> Result<String, CommandError> {
    Store::check(out)?;
    check_drawing(PICTURE)?;
    announce("", &warnings::before_training(&loaded.experiment));
    let kept = kept_in(out, &loaded.study, arguments.shard, chosen)?;
    let (named, shard) = ((loaded.name.as_str(), arguments.quick), arguments.shard);
    let limit = dry_run::limit((named, shard), &loaded.experiment)?;
    Ok(dry_run::render((loaded, shard), chosen, (out, &limit)) + &kept)
}

/// Trains, and concludes unless it is a shard.
fn carry_out(
    arguments: &RunArgs,
    loaded: &Loaded,
    chosen: &Chosen,
    (sweep, out): (&Path, &Path),
) -> Result<String, CommandError> {
    let RunArgs { quick, shard, fresh, .. } = *arguments;
    let call = ExperimentCall { loaded, quick, chosen, shard, fresh, caller: &Terminal };
    Ok(match shard {
        None => {
            let Finished { concluded, finals, time, .. } = call.run(out)?;
            let (text, finals) = (conclude::text(out, &concluded), with_gap(&finals));
            format!("{text}\n{finals}{time}\n")
        }
        Some(shard) => tell_shard(&call.run_shard(out)?, &loaded.study, shard, (sweep, out)),
    })
}

/// Says warnings on standard error, a line each. `of` begins each line and names what they are about
/// where there are several such things.
pub fn announce(of: &str, warnings: &[String]) {
    for warning in warnings {
        tell(&format!("warning: {of}{warning}"));
    }
}

/// What a run would find trained and what it would train, a line each; nothing where nothing is kept. It refuses what the run
/// would refuse.
fn kept_in(
    out: &Path,
    study: &Study,
    shard: Option<Shard>,
    chosen: &Chosen,
) -> Result<String, CommandError> {
    if !out.join(stored::FILE).exists() {
        return Ok(String::new());
    }
    let database = Database::for_reading(out)?;
    if holder(out).is_none() {
        // All of it is read at length, which would hold up whoever trains.
        database.check_whole()?;
    }
    let studies = std::slice::from_ref(study);
    let request = &Request::Experiment(Box::new(study.experiment.clone()));
    let engines = &Engines::one(chosen.engine.as_ref());
    let training =
        TrainingCall { request, studies, engines, database: &database, shard, caller: &Terminal };
    let (_, replayed) = training.replay::<()>(&cells_of(studies, shard))?;
    let missing = replay::missing(studies, &replayed);
    let line = kept_line(studies, &replayed, &database);
    Ok(line.map_or(String::new(), |line| format!("{line}\nto train: {missing} runs\n")))
}

/// Of a shard nothing is concluded: a table would be one of a part. It says what comes next.
fn tell_shard(
    measured: &Measured<Results>,
    study: &Study,
    shard: Shard,
    places: (&Path, &Path),
) -> String {
    let head = format!("{}: {}", study.id, study.experiment.title);
    let studies = std::slice::from_ref(study);
    let part = cells::words(studies, &shard.cells(studies));
    shard_text(measured, &head, (shard, &part), places)
}

/// What is said of a shard that is trained: what it was, and the command that merges all.
pub fn shard_text<R>(
    measured: &Measured<R>,
    head: &str,
    (shard, part): (Shard, &str),
    (sweep, out): (&Path, &Path),
) -> String {
    let ((trained, kept), time) = (measured.counts(), measured.time());
    let database = out.join(stored::FILE);
    let (database, merge, of) = (database.display(), merge::command(sweep), shard.of);
    let finals = &measured.finals;
    format!(
        "{head}\nshard {shard} ({part}): {trained} runs trained, {kept} kept before; \
         all are in {database}\n{finals}{time}\n\nWhen all {of} shards are done, this merges them and \
         writes tables and figures:\n  {merge}\n"
    )
}

/// Analyses and draws a run's directory again, its tables made again first if that is asked for.
pub fn plot(arguments: &PlotArgs) -> Result<String, CommandError> {
    let dir = &arguments.dir;
    check_drawing(PICTURE)?;
    if arguments.rebuild {
        rebuild(&Store::for_rebuilding(dir)?)?;
    }
    let store = Store::for_reading(dir)?;
    let run = store.read_back()?;
    let (runs, steps) = (run.runs()?, run.steps()?);
    let (modules, limits) = (run.modules_if_any()?, run.limits_if_any()?);
    let results = Results { runs, steps, modules, limits };
    run.note().iter().for_each(|note| tell(note));
    atomic_files::clear(dir);
    let study = Study::of(&run.manifest.experiment, &run.experiment);
    let study = study.map_err(CommandError::failed)?;
    let concluded = lora_sweep::conclude(&store, &study, &results, &run.manifest)?;
    Ok(conclude::text(store.dir(), &concluded))
}
