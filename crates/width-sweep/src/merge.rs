//! `merge`: the shards of a sweep, put together as if one machine had trained it.
//!
//! Every refusal comes before anything is written. Then the runs are copied in one transaction, and
//! tables and figures are made from them.

use std::path::Path;
use std::time::Instant;

use crate::error::CommandError;
use lora_analysis::duration;
use lora_analysis::verdict::KNOWN;
use lora_analysis::verdict::run_summary::RunSummaries;
use lora_experiment::cells::cells;
use lora_experiment::request::Request;
use lora_experiment::study::definition::Study;
use lora_experiment::study::plan::plan;
use lora_runner::memory::{PICTURE, check_drawing};
use lora_runner::merge::{SweepPart, open, rows, take_over};
use lora_runner::sweep;
use lora_store::folder::Folder;
use lora_store::limits::LimitRow;
use lora_store::rows::Results;
use lora_store::run_dir::{self, Store};
use lora_store::stored::{self, Database, Numerics, StoredRuns, refuse_conflicts};
use lora_sweep::{Measured, final_words, limit_question, solve_limit, with_gap};

use crate::cli::MergeArgs;
use crate::terminal::Terminal;
use crate::{conclude, typed, verify};

/// The command that merges all shards in the directory of a sweep.
pub fn command(sweep: &Path) -> String {
    let merged = sweep.join("merged");
    let [sweep, merged] = [sweep, &merged].map(|dir| dir.display().to_string());
    typed::call(&["merge", &sweep, "--out", &merged])
}

/// Merges directories.
pub fn merge(arguments: &MergeArgs) -> Result<String, CommandError> {
    let started = Instant::now();
    let out = &arguments.out;
    check_drawing(PICTURE)?;
    let parts = open(&arguments.dirs, out)?;
    let SweepPart { session, request, manifest, .. } = &parts[0];
    match request {
        Request::Experiment(_) => Store::check(out)?,
        Request::Topics(topics) => {
            verify::check(out, &KNOWN, &plan(&topics.suite()?, topics.quick))?;
        }
    }
    // From here on nobody else writes to it.
    let kept = out.join(stored::FILE).exists().then(|| Database::for_writing(out, false));
    let kept = kept.transpose()?;
    let databases: Vec<&Database> =
        kept.iter().chain(parts.iter().map(|part| &part.database)).collect();
    let studies = request.studies(&session.name)?;
    match request {
        Request::Experiment(experiment) => {
            let limit = limit_question((&session.name, manifest.quick), experiment)?;
            let (rows, runs) = rows::<Results>(&parts, &studies, &databases)?;
            refuse_conflicts(&databases)?;
            let store = Store::for_writing(out)?;
            let mut manifest = take_over(&parts, (kept, out), (runs, started))?;
            let mut results = sweep::results(rows);
            if let Some(question) = &limit {
                results.limits = solve_limit(&store, question, kept_limits(&parts)?, &Terminal)?;
                manifest.end(started.elapsed().as_secs_f64());
            }
            store.keep_plan(experiment, Some(&Folder::existing(&parts[0].dir)))?;
            let manifest = store.write_results(experiment, &results, &manifest)?;
            let concluded = lora_sweep::conclude(&store, &studies[0], &results, &manifest)?;
            let table = conclude::text(out, &concluded);
            let (finals, told) =
                (finals(out, &studies)?, told(&parts, runs, manifest.wall_seconds));
            Ok(format!("{table}\n{finals}{told}\n"))
        }
        Request::Topics(topics) => {
            let (rows, runs) = rows::<RunSummaries>(&parts, &studies, &databases)?;
            refuse_conflicts(&databases)?;
            let folder = Folder::for_writing(out, &KNOWN)?;
            let manifest = take_over(&parts, (kept, out), (runs, started))?;
            let (quick, seconds) = (topics.quick, manifest.wall_seconds);
            let finals = String::new();
            let measured = Measured { cells_kept: rows.len(), rows, finals, manifest };
            let suite = topics.suite()?;
            let text = verify::conclude_merged(&folder, &suite, (measured, quick), &parts[0].dir)?;
            Ok(format!("{text}{}\n", told(&parts, runs, seconds)))
        }
    }
}

/// What the final tests of all shards have found.
fn finals(out: &Path, studies: &[Study]) -> Result<String, CommandError> {
    let database = Database::for_reading(out)?;
    let Some(session) = database.last_session()? else { return Ok(String::new()) };
    let kept = StoredRuns::new(&database, studies, Numerics::parse(&session.numerics))?;
    Ok(with_gap(&final_words(&kept, &cells(studies))?))
}

fn told(parts: &[SweepPart], runs: usize, seconds: f64) -> String {
    let dirs: Vec<String> = parts.iter().map(|part| part.dir.display().to_string()).collect();
    format!("merged {runs} runs from {} in {}", dirs.join(", "), duration(seconds))
}

/// The runs of the limit that parts keep, which a shard does not solve.
fn kept_limits(parts: &[SweepPart]) -> Result<Vec<LimitRow>, CommandError> {
    let rows = parts.iter().map(|part| run_dir::kept_limits(&part.dir));
    Ok(rows.collect::<Result<Vec<_>, _>>()?.concat())
}
