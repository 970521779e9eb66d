//! Finished cells on disk, so that an interrupted verification goes on where it was.
//!
//! A cell's name is a hash of everything that decides its bytes, so that a changed study keeps what
//! still fits. Each file is written under another name and renamed.

use std::fs;
use std::path::{Path, PathBuf};

use lora_sim::Engine;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::measured::Measured;
use super::study::{Goal, Point, Rates, Study};
use crate::error::CommandError;

/// Raised when what is kept of a run changes.
const FORMAT: u32 = 1;

/// A directory of finished cells.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: PathBuf,
}

/// Everything that decides a cell's result.
#[derive(Serialize)]
struct Key<'a> {
    format: u32,
    numerics: String,
    model: &'a lora_sim::spec::Model,
    width: usize,
    seed: u64,
    training: lora_sim::spec::Training,
    inits: &'a [lora_sim::spec::Init],
    search: &'a crate::experiment::SearchSection,
    goal: Option<Goal>,
    rates: Vec<(f64, f64)>,
}

impl Cache {
    /// In a directory, which is made.
    pub fn new(dir: PathBuf) -> Result<Self, CommandError> {
        fs::create_dir_all(&dir).map_err(|error| CommandError::file(&dir, error))?;
        Ok(Self { dir })
    }

    /// Where a cell is kept.
    pub fn path(&self, study: &Study, point: &Point, engine: &dyn Engine) -> PathBuf {
        let (goal, pairs) = match &study.rates {
            Rates::Search(goal) => (Some(*goal), 0),
            Rates::Powers { pairs, .. } => (None, pairs.len()),
        };
        let key = Key {
            format: FORMAT,
            numerics: engine.numerics(),
            model: &point.model,
            width: point.width,
            seed: point.seed,
            training: study.experiment.training(),
            inits: &study.experiment.training.inits,
            search: &study.experiment.search,
            goal,
            rates: (0..pairs).filter_map(|pair| study.rate(pair, point.x)).collect(),
        };
        let text = serde_json::to_vec(&key).unwrap_or_default();
        let hash = Sha256::digest(&text);
        let name: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.dir.join(format!("{name}.csv"))
    }

    /// A cell that was finished before; none if there is none that can be read whole.
    pub fn get(&self, path: &Path) -> Option<Vec<Measured>> {
        let mut reader = csv::Reader::from_path(path).ok()?;
        reader.deserialize().collect::<Result<Vec<Measured>, _>>().ok().filter(|r| !r.is_empty())
    }

    /// Keeps a finished cell.
    pub fn put(&self, path: &Path, rows: &[Measured]) -> Result<(), CommandError> {
        let part = path.with_extension("part");
        let write = || -> Result<(), csv::Error> {
            let mut writer = csv::Writer::from_path(&part)?;
            rows.iter().try_for_each(|row| writer.serialize(row))?;
            writer.flush()?;
            fs::rename(&part, path)?;
            Ok(())
        };
        write().map_err(|error| CommandError::file(path, error))
    }
}
