//! `merge`: the shards of a sweep, put together as if one machine had trained it.
//!
//! First everything is looked at and refused if it must be; then the rows go over in one transaction,
//! and tables and figures are made of them.

mod missing;
mod parts;

use std::path::Path;
use std::time::Instant;

use lora_analysis::duration;
use lora_analysis::verdict::KNOWN;
use lora_analysis::verdict::run_summary::RunSummaries;
use lora_experiment::cells::cells;
use lora_experiment::error::CommandError;
use lora_experiment::request::Request;
use lora_experiment::shell;
use lora_experiment::study::definition::Study;
use lora_runner::memory::{PICTURE, check_drawing};
use lora_runner::replay;
use lora_runner::sweep::ByCell;
use lora_store::folder::Folder;
use lora_store::kept::{self, Database, KeptRuns, Numerics, Session, refuse_conflicts};
use lora_store::manifest::{Manifest, SweepCounts, Trained};
use lora_store::rows::{Results, Rows};
use lora_store::run_dir::Store;

use crate::cli::MergeArgs;
use crate::conclude::conclude;
use crate::training::Measured;
use crate::verify;
pub use parts::shards_in;
use parts::{Part, open};

/// The command that merges all shards in the directory of a sweep.
pub fn command(sweep: &Path) -> String {
    let merged = sweep.join("merged");
    let [sweep, merged] = [sweep, &merged].map(|dir| dir.display().to_string());
    shell::line(&[&shell::program(), "merge", &sweep, "--out", &merged])
}

/// Merges directories.
pub fn merge(arguments: &MergeArgs) -> Result<String, CommandError> {
    let started = Instant::now();
    let out = &arguments.out;
    check_drawing(PICTURE)?;
    let parts = open(&arguments.dirs, out)?;
    let Part { session, request, .. } = &parts[0];
    match request {
        Request::Experiment(_) => Store::check(out)?,
        Request::Topics(_) => verify::check(out)?,
    }
    // From here on nobody else writes to it.
    let kept = out.join(kept::FILE).exists().then(|| Database::for_writing(out, false));
    let kept = kept.transpose()?;
    let databases: Vec<&Database> =
        kept.iter().chain(parts.iter().map(|part| &part.database)).collect();
    let studies = request.studies(&session.name)?;
    match request {
        Request::Experiment(experiment) => {
            let rows = rows::<Results>(&parts, &studies, &databases)?;
            refuse_conflicts(&databases)?;
            let store = Store::for_writing(out)?;
            let manifest = take_over(&parts, (kept, out), (rows.1, started))?;
            let results = Results::of(rows.0.into_iter().map(|(_, rows)| rows));
            store.keep_plan(experiment, Some(&Folder::existing(&parts[0].dir)))?;
            let manifest = store.write_results(experiment, &results, &manifest)?;
            let table = conclude(&store, &studies[0], &results, &manifest)?;
            Ok(format!("{table}\n{}\n", told(&parts, rows.1, manifest.wall_seconds)))
        }
        Request::Topics(topics) => {
            let (rows, runs) = rows::<RunSummaries>(&parts, &studies, &databases)?;
            refuse_conflicts(&databases)?;
            let folder = Folder::for_writing(out, &KNOWN)?;
            let manifest = take_over(&parts, (kept, out), (runs, started))?;
            let (quick, seconds) = (topics.quick, manifest.wall_seconds);
            let measured = Measured { cells_kept: rows.len(), rows, manifest };
            let suite = topics.suite()?;
            let text = verify::conclude_merged(&folder, &suite, (measured, quick), &parts[0].dir)?;
            Ok(format!("{text}{}\n", told(&parts, runs, seconds)))
        }
    }
}

/// The rows of all cells, from whoever keeps them, and how many runs they are of; what nobody keeps
/// is named.
fn rows<R: Rows>(
    parts: &[Part],
    studies: &[Study],
    databases: &[&Database],
) -> Result<(ByCell<R>, usize), CommandError> {
    let numerics = Numerics::parse(&parts[0].session.numerics);
    let kept = |&database| KeptRuns::new(database, studies, numerics.clone());
    let kept = databases.iter().map(kept).collect::<Result<Vec<KeptRuns>, CommandError>>()?;
    let replays = replay::of(studies, &cells(studies), |cell, ratio, run| {
        kept.iter().find_map(|kept| kept.get(cell, ratio, run).transpose()).transpose()
    })?;
    missing::refuse(parts, studies, &replays)?;
    let runs = replay::kept(&replays);
    let rows = replays.into_iter().map(|replay| (replay.cell, replay.results)).collect();
    Ok((rows, runs))
}

/// Takes the rows of all parts over into one database. The manifest of the whole.
fn take_over(
    parts: &[Part],
    (kept, out): (Option<Database>, &Path),
    (runs, started): (usize, Instant),
) -> Result<Manifest, CommandError> {
    let database = kept.map_or_else(|| Database::for_writing(out, false), Ok)?;
    let Part { session, request, manifest, .. } = &parts[0];
    let (name, quick) = (&session.name, manifest.quick);
    let mut manifest = match request {
        Request::Experiment(experiment) => {
            Manifest::new(name, quick, experiment, engines(parts), 0.0)?
        }
        Request::Topics(_) => {
            let text = request.text()?;
            Manifest::of(name, quick, (text.as_bytes(), Vec::new()), engines(parts), 0.0)
        }
    };
    manifest.merged = parts.iter().map(Part::trained).collect();
    let sources: Vec<&Database> = parts.iter().map(|part| &part.database).collect();
    database.take_over(&sources, &Session::begin(&manifest, request, &session.numerics)?)?;
    manifest.sweep = Some(SweepCounts { runs, kept: runs });
    manifest.end(started.elapsed().as_secs_f64());
    Ok(manifest)
}

/// The engines that trained, each once.
fn engines(parts: &[Part]) -> String {
    let mut engines: Vec<&str> = parts.iter().map(|part| part.manifest.engine.as_str()).collect();
    engines.sort_unstable();
    engines.dedup();
    engines.join(", ")
}

fn told(parts: &[Part], runs: usize, seconds: f64) -> String {
    let dirs: Vec<String> = parts.iter().map(|part| part.dir.display().to_string()).collect();
    format!("merged {runs} runs from {} in {}", dirs.join(", "), duration(seconds))
}

impl Part {
    /// Where it was trained, for the manifest.
    fn trained(&self) -> Trained {
        let Manifest { version, git_commit, git_dirty, machine, engine, threads, .. } =
            self.manifest.clone();
        let dir = self.dir.display().to_string();
        Trained {
            dir,
            shard: self.shard(),
            version,
            git_commit,
            git_dirty,
            machine,
            engine,
            threads,
        }
    }
}
