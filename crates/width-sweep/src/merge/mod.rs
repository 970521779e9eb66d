//! `merge`: the shards of a sweep, put together as if one machine had trained it.
//!
//! First everything is looked at and refused if it must be; then the rows go over in one transaction,
//! and tables and figures are made of them.

mod missing;
mod parts;

use std::path::Path;
use std::time::Instant;

use crate::cli::MergeArgs;
use lora_experiment::error::CommandError;
use lora_store::kept;
use lora_store::kept::Database;
use lora_store::kept::Session;
use lora_store::kept::Shelf;
use lora_store::kept::refuse_conflicts;
use lora_runner::replay;
use lora_store::manifest::Manifest;
use lora_store::manifest::SweepCounts;
use lora_store::manifest::Trained;
use lora_runner::memory::PICTURE;
use lora_runner::memory::check_drawing;
use lora_experiment::cells::cells;
use crate::run::conclude;
use crate::run::duration;
use lora_experiment::shell;
use lora_store::run_dir::Store;
use lora_runner::sweep::Results;
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
    Store::check(out)?;
    check_drawing(PICTURE)?;
    let parts = open(&arguments.dirs, out)?;
    // From here on nobody else writes to it.
    let kept = out.join(kept::FILE).exists().then(|| Database::for_writing(out, false));
    let kept = kept.transpose()?;
    let databases: Vec<&Database> =
        kept.iter().chain(parts.iter().map(|part| &part.database)).collect();
    let results = results(&parts, &databases)?;
    refuse_conflicts(&databases)?;

    let store = Store::for_writing(out)?;
    let database = kept.map_or_else(|| Database::for_writing(out, false), Ok)?;
    let Part { session, experiment, manifest, .. } = &parts[0];
    let mut manifest =
        Manifest::new(&session.name, manifest.quick, experiment, engines(&parts), 0.0)?;
    manifest.merged = parts.iter().map(Part::trained).collect();
    let sources: Vec<&Database> = parts.iter().map(|part| &part.database).collect();
    database.take_over(&sources, &Session::begin(&manifest, experiment, &session.numerics)?)?;
    let runs = results.runs.len();
    manifest.sweep = Some(SweepCounts { runs, kept: runs });
    manifest.end(started.elapsed().as_secs_f64());
    let manifest = store.write_results(experiment, &results, &manifest)?;
    let table = conclude(&store, experiment, &results, &manifest)?;
    Ok(format!("{table}\n{}\n", told(&parts, runs, manifest.wall_seconds)))
}

/// All that the sweep measured, from whoever keeps it; what nobody keeps is named.
fn results(parts: &[Part], databases: &[&Database]) -> Result<Results, CommandError> {
    let Part { session, experiment, .. } = &parts[0];
    let shelf = |&database| Shelf::new(database, experiment, session.numerics.clone());
    let shelves = databases.iter().map(shelf).collect::<Result<Vec<Shelf>, CommandError>>()?;
    let replays = replay::of_cells(experiment, cells(experiment), |cell, run| {
        shelves.iter().find_map(|shelf| shelf.get(cell, run).transpose()).transpose()
    })?;
    missing::refuse(parts, &replays)?;
    Ok(Results::of(replays))
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
