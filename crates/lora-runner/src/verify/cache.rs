//! Finished cells on disk, so that an interrupted verification goes on where it was.
//!
//! A cell's name is a hash of everything that decides its bytes, so that a changed study keeps what
//! still fits.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use lora_sim::Engine;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::verify::measured::Measured;
use lora_experiment::study::definition::Goal;
use lora_experiment::study::definition::Point;
use lora_experiment::study::definition::Rates;
use lora_experiment::study::definition::Study;
use lora_experiment::error::CommandError;
use lora_store::folder::unwritten;

/// Where a verification keeps them.
pub const CELLS: &str = "cells";

/// Before the number of rows, on a cell's first line.
const COUNT: &str = "# rows: ";

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
    search: &'a lora_experiment::experiment::SearchSection,
    goal: Option<Goal>,
    rates: Vec<(f64, f64)>,
}

impl Cache {
    /// In a directory, which is made.
    pub fn new(dir: PathBuf) -> Result<Self, CommandError> {
        fs::create_dir_all(&dir).map_err(|error| CommandError::file(&dir, error))?;
        atomic_files::clear(&dir);
        Ok(Self { dir })
    }

    /// Where a cell is kept.
    pub fn path(
        &self,
        study: &Study,
        point: &Point,
        engine: &dyn Engine,
    ) -> Result<PathBuf, CommandError> {
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
        let text = serde_json::to_vec(&key).map_err(CommandError::failed)?;
        let hash = Sha256::digest(&text);
        let name: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(self.dir.join(format!("{name}.csv")))
    }

    /// A cell that was finished before; none if there is none that can be read whole. Its first
    /// line says how many rows follow.
    pub fn get(&self, path: &Path) -> Option<Vec<Measured>> {
        let text = fs::read_to_string(path).ok()?;
        let (count, rows) = text.split_once('\n')?;
        let count: usize = count.strip_prefix(COUNT)?.parse().ok()?;
        let mut reader = csv::Reader::from_reader(rows.as_bytes());
        let rows: Vec<Measured> = reader.deserialize().collect::<Result<_, _>>().ok()?;
        (rows.len() == count && count > 0 && text.ends_with('\n')).then_some(rows)
    }

    /// Whether any cell of a study was finished before.
    pub fn has_any(&self, study: &Study, engine: &dyn Engine) -> Result<bool, CommandError> {
        for point in study.points() {
            if self.path(study, &point, engine)?.exists() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keeps a finished cell.
    pub fn put(&self, path: &Path, rows: &[Measured]) -> Result<(), CommandError> {
        let mut writer = csv::Writer::from_writer(format!("{COUNT}{}\n", rows.len()).into_bytes());
        for row in rows {
            writer.serialize(row).map_err(|error| CommandError::file(path, error))?;
        }
        let bytes = writer.into_inner().map_err(|error| CommandError::file(path, error))?;
        atomic_files::write(path, |file| file.write_all(&bytes))
            .map_err(|error| unwritten(path, &error))
    }
}

/// Whether a file is a finished cell, or one that was cut.
pub fn is_cell(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes.starts_with(COUNT.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lora_sim::{CpuEngine, LayerEngine};

    use crate::verify::fault::Fault;
    use crate::verify::fault::Faulty;
    use lora_analysis::verdict::planted::suite;
    use super::*;
    use crate::fake_engine::FakeEngine;

    #[test]
    fn every_engine_has_cells_of_its_own() {
        let suite = suite("");
        let study = &suite.studies[1];
        let cache = Cache { dir: PathBuf::from("cells") };
        let path = |engine: &dyn Engine| cache.path(study, &study.points()[0], engine);
        let (cpu, device) = (CpuEngine::new(), FakeEngine::default());
        let engines: [&dyn Engine; 5] = [
            &cpu,
            &LayerEngine::new(),
            &device,
            &Faulty::new(&cpu, Fault::SignOfA),
            &Faulty::new(&device, Fault::SignOfA),
        ];
        let paths: BTreeSet<PathBuf> =
            engines.iter().map(|engine| path(*engine).expect("a name")).collect();
        assert_eq!(paths.len(), engines.len());
        assert_eq!(path(&cpu).expect("a name"), path(&cpu).expect("a name"));
    }
}
