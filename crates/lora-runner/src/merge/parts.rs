//! The directories that are merged, found and compared.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::RunnerError;
use lora_experiment::request::Request;
use lora_experiment::shard::Shard;
use lora_store::error::FoundInstead;
use lora_store::manifest::Manifest;
use lora_store::stored::{self, Database, Session, holder};

/// A directory with a part of the sweep.
pub struct SweepPart {
    /// Where it is.
    pub dir: PathBuf,
    /// Its runs.
    pub database: Database,
    /// Its last call.
    pub session: Session,
    /// What that call was asked.
    pub request: Request,
    /// Where that call ran.
    pub manifest: Manifest,
}

impl SweepPart {
    /// Which shard of the sweep it is; none of a whole one.
    pub fn shard(&self) -> Option<Shard> {
        self.manifest.shard
    }
}

/// Opens all directories; refuses those that are no parts of one sweep, or in use.
///
/// # Errors
///
/// [`RunnerError::NotAShard`], [`RunnerError::MergedIntoItself`], [`RunnerError::StillTraining`],
/// [`RunnerError::NotBegun`] or [`RunnerError::DifferentSweeps`]; [`RunnerError::Store`] if a database
/// cannot be read.
pub fn open(dirs: &[PathBuf], out: &Path) -> Result<Vec<SweepPart>, RunnerError> {
    let mut parts: Vec<SweepPart> = Vec::new();
    for dir in found(dirs, out)? {
        let part = part(dir)?;
        if let Some(first) = parts.first() {
            refuse_another(first, &part)?;
        }
        parts.push(part);
    }
    Ok(parts)
}

/// The directories of parts, each once. What is to be written must be none: a merge leaves what it reads
/// as it is.
fn found(dirs: &[PathBuf], out: &Path) -> Result<Vec<PathBuf>, RunnerError> {
    let real = |dir: &Path| fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let place_of_out = real(out);
    let (mut seen, mut all) = (Vec::new(), Vec::new());
    for dir in dirs {
        let shards = shards_in(dir);
        let own = dir.join(stored::FILE).exists().then(|| dir.clone());
        if own.is_none() && shards.is_empty() {
            let found = if dir.exists() { FoundInstead::NoRuns } else { FoundInstead::Nothing };
            return Err(RunnerError::NotAShard { path: dir.clone(), found });
        }
        for part in own.into_iter().chain(shards) {
            let place = real(&part);
            if place == place_of_out {
                return Err(RunnerError::MergedIntoItself { out: out.to_owned(), part });
            }
            if !seen.contains(&place) {
                seen.push(place);
                all.push(part);
            }
        }
    }
    Ok(all)
}

/// The shards in the directory of a sweep, in order.
pub fn shards_in(dir: &Path) -> Vec<PathBuf> {
    let names = fs::read_dir(dir).into_iter().flatten().flatten();
    let shard = |name: std::ffi::OsString| Shard::of_dir(name.to_str()?);
    let mut shards: Vec<Shard> = names.filter_map(|entry| shard(entry.file_name())).collect();
    shards.sort_unstable();
    let dirs = shards.into_iter().map(|shard| shard.dir(dir));
    dirs.filter(|dir| dir.join(stored::FILE).exists()).collect()
}

fn part(dir: PathBuf) -> Result<SweepPart, RunnerError> {
    if let Some(who) = holder(&dir) {
        return Err(RunnerError::StillTraining { path: dir, who });
    }
    let database = Database::for_reading(&dir)?;
    database.check_whole()?;
    let Some(session) = database.last_session()? else {
        return Err(RunnerError::NotBegun(dir));
    };
    let (request, manifest) = (session.request()?, session.manifest()?);
    Ok(SweepPart { dir, database, session, request, manifest })
}

/// Refuses a part of another sweep, and says how that differs.
fn refuse_another(first: &SweepPart, other: &SweepPart) -> Result<(), RunnerError> {
    let Some((what, values)) = difference(first, other) else { return Ok(()) };
    let (first, second, values) = (first.dir.clone(), other.dir.clone(), Box::new(values));
    Err(RunnerError::DifferentSweeps { first, second, what, values })
}

fn difference(first: &SweepPart, other: &SweepPart) -> Option<(String, [String; 2])> {
    let both = [first, other];
    if let Some(difference) = first.request.difference(&other.request) {
        return Some(difference);
    }
    let told = |what: &str, [a, b]: [String; 2]| (a != b).then(|| (what.to_owned(), [a, b]));
    let quoted = |text: &str| format!("\"{text}\"");
    let size = |part: &SweepPart| if part.manifest.quick { "quick" } else { "full" }.to_owned();
    told("the name", both.map(|part| quoted(&part.session.name)))
        .or_else(|| told("the engine's numerics", both.map(|part| quoted(&part.session.numerics))))
        .or_else(|| told("the size", both.map(size)))
}
