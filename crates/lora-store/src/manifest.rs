//! Where a result comes from.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::digest::{Digests, sha256};
use crate::error::StoreError;
use crate::provenance;
use lora_experiment::experiment::Experiment;
use lora_experiment::shard::Shard;

/// Provenance of a run, written beside its results and beside every figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Short name of the experiment.
    pub experiment: String,
    /// The experiment with every key written out, TOML; manifests of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment_text: Option<String>,
    /// SHA-256 of that text.
    pub experiment_sha256: String,
    /// Of the tables beside it; manifests of before have none.
    #[serde(default, skip_serializing_if = "Digests::is_empty")]
    pub digests: Digests,
    /// Whether the sizes are the quick ones.
    pub quick: bool,
    /// What computed the results.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// When this call began, UTC; manifests of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it had trained all, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Wall time of this call, seconds.
    pub wall_seconds: f64,
    /// Of a sweep: which of its runs this call trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepCounts>,
    /// Of a sweep: what trained the runs that its directory keeps; older manifests have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trained: Vec<RunsOrigin>,
    /// Of a shard of a sweep: which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Of a sweep: the words of the command line that goes on with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Of a shard: where that was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Of a merged sweep: where its runs were trained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<MergedPart>,
}

/// A directory whose runs are part of a merged sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergedPart {
    /// The directory.
    pub dir: String,
    /// The shard, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// What computed its runs.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// What computed results: the program and the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of this program.
    pub version: String,
    /// Git commit of the source that the program was compiled from; null outside a checkout.
    pub git_commit: Option<String>,
    /// Whether that source differed from the commit: see [`crate::provenance`].
    pub git_dirty: Option<bool>,
    /// Processor.
    pub machine: String,
    /// The engine in words.
    pub engine: String,
    /// Threads.
    pub threads: usize,
}

/// Runs of a sweep, which may have been trained by several calls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepCounts {
    /// All.
    pub runs: usize,
    /// Those that earlier calls had trained; the wall time is without them.
    pub kept: usize,
}

/// Runs that one commit of the program trained with engines of one numerics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunsOrigin {
    /// [`lora_sim::Engine::numerics`] of the engine.
    pub numerics: String,
    /// Git commit of the program's source; null where it is not known.
    pub git_commit: Option<String>,
    /// Whether that source differed from the commit.
    pub git_dirty: Option<bool>,
    /// How many runs.
    pub runs: usize,
}

impl Manifest {
    /// For a run that has just ended.
    ///
    /// # Errors
    ///
    /// [`StoreError::Encode`] if the experiment has no TOML.
    pub fn new(
        name: &str,
        quick: bool,
        experiment: &Experiment,
        engine: String,
        wall_seconds: f64,
    ) -> Result<Self, StoreError> {
        let text = toml::to_string(experiment).map_err(StoreError::encode)?;
        let seeds = experiment.training.seeds.clone();
        let manifest = Self::of(name, quick, (text.as_bytes(), seeds), engine, wall_seconds);
        Ok(Self { experiment_text: Some(text), ..manifest })
    }

    /// For anything with a name, the text that fixes it, and seeds.
    pub fn of(
        name: &str,
        quick: bool,
        (text, seeds): (&[u8], Vec<u64>),
        engine: String,
        wall_seconds: f64,
    ) -> Self {
        let ended = SystemTime::now();
        Self {
            experiment: name.to_owned(),
            experiment_text: None,
            experiment_sha256: sha256(text),
            digests: Digests::new(),
            quick,
            provenance: Provenance::of_this(engine),
            seeds,
            started: utc(before(ended, wall_seconds)),
            ended: utc(Some(ended)),
            wall_seconds,
            sweep: None,
            trained: Vec::new(),
            shard: None,
            command: Vec::new(),
            directory: None,
            merged: Vec::new(),
        }
    }

    /// The same for an experiment that was changed since in what analysis and figures read.
    ///
    /// # Errors
    ///
    /// [`StoreError::Encode`] if the experiment has no TOML.
    pub fn with_experiment(self, experiment: &Experiment) -> Result<Self, StoreError> {
        let text = toml::to_string(experiment).map_err(StoreError::encode)?;
        let experiment_sha256 = sha256(text.as_bytes());
        Ok(Self { experiment_text: Some(text), experiment_sha256, ..self })
    }

    /// Notes that the call has ended, which took so many seconds.
    pub fn end(&mut self, wall_seconds: f64) {
        let now = SystemTime::now();
        (self.started, self.ended) = (utc(before(now, wall_seconds)), utc(Some(now)));
        self.wall_seconds = wall_seconds;
    }
}

impl Provenance {
    /// Of this program, which trains on an engine, on the current threads.
    pub fn of_this(engine: String) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            git_commit: provenance::commit().map(str::to_owned),
            git_dirty: provenance::dirty(),
            machine: machine(),
            engine,
            threads: rayon::current_num_threads(),
        }
    }
}

fn before(time: SystemTime, seconds: f64) -> Option<SystemTime> {
    Duration::try_from_secs_f64(seconds).ok().and_then(|past| time.checked_sub(past))
}

/// In seconds since 1970.
const YEAR_10000: u64 = 253_402_300_800;

/// A moment as 2026-01-31T23:59:59Z.
pub fn utc(time: Option<SystemTime>) -> Option<String> {
    // A clock that is not set may tell what has no such text.
    let seconds = time?.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    (seconds < YEAR_10000).then(|| humantime::format_rfc3339_seconds(time).to_string())
}

fn machine() -> String {
    let only = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
    let Ok(system) = System::new_with_specifics(only) else { return "unknown".to_owned() };
    let brand = system.cpus().first().map_or("", |cpu| cpu.brand()).trim();
    format!("{brand}, {} cores", system.cpus().len())
}

/// Bytes of memory that this machine has free, where it tells.
pub fn memory_available() -> Option<u64> {
    let only = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    System::new_with_specifics(only).ok().map(|system| system.available_memory())
}
