//! The shards of a sweep, put together as if one machine had trained it.

mod missing;
mod parts;

use std::path::Path;
use std::time::Instant;

use crate::error::RunnerError;
use lora_experiment::cells::cells;
use lora_experiment::request::Request;
use lora_experiment::study::definition::Study;
use lora_store::manifest::{Manifest, MergedPart, SweepCounts};
use lora_store::rows::Rows;
use lora_store::stored::{Database, Numerics, Session, StoredRuns};

use crate::replay;
use crate::sweep::ByCell;
pub use parts::{SweepPart, open, shards_in};

/// The rows of all cells, from the first database that holds them, and the number of their runs. A
/// missing run is an error that names what lacks.
///
/// # Errors
///
/// [`RunnerError::Unfinished`] if a run is in none of them; [`RunnerError::Store`] if one cannot be read.
pub fn rows<R: Rows>(
    parts: &[SweepPart],
    studies: &[Study],
    databases: &[&Database],
) -> Result<(ByCell<R>, usize), RunnerError> {
    let numerics = Numerics::parse(&parts[0].session.numerics);
    let kept = |&database| StoredRuns::new(database, studies, numerics.clone());
    let kept = databases.iter().map(kept).collect::<Result<Vec<StoredRuns>, _>>()?;
    let replays = replay::of(studies, &cells(studies), |cell, ratio, run| {
        kept.iter().find_map(|kept| kept.get(cell, ratio, run).transpose()).transpose()
    })?;
    missing::refuse(parts, studies, &replays)?;
    let runs = replay::kept(&replays);
    let rows = replays.into_iter().map(|replay| (replay.cell, replay.results)).collect();
    Ok((rows, runs))
}

/// Copies the runs of all parts into one database, `kept` or a new one in `out`. Returns the manifest
/// of the whole.
///
/// # Errors
///
/// [`RunnerError::Store`] where the database cannot be written.
pub fn take_over(
    parts: &[SweepPart],
    (kept, out): (Option<Database>, &Path),
    (runs, started): (usize, Instant),
) -> Result<Manifest, RunnerError> {
    let database = kept.map_or_else(|| Database::for_writing(out, false), Ok)?;
    let SweepPart { session, request, manifest, .. } = &parts[0];
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
    manifest.merged = parts.iter().map(SweepPart::trained).collect();
    let sources: Vec<&Database> = parts.iter().map(|part| &part.database).collect();
    database.take_over(&sources, &Session::begin(&manifest, request, &session.numerics)?)?;
    manifest.sweep = Some(SweepCounts { runs, kept: runs });
    manifest.trained = database.origins()?;
    manifest.end(started.elapsed().as_secs_f64());
    Ok(manifest)
}

/// The engines that trained, each once.
fn engines(parts: &[SweepPart]) -> String {
    let mut engines: Vec<&str> =
        parts.iter().map(|part| part.manifest.provenance.engine.as_str()).collect();
    engines.sort_unstable();
    engines.dedup();
    engines.join(", ")
}

impl SweepPart {
    /// Where it was trained, for the manifest.
    fn trained(&self) -> MergedPart {
        let dir = self.dir.display().to_string();
        MergedPart { dir, shard: self.shard(), provenance: self.manifest.provenance.clone() }
    }
}
