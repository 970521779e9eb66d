//! The runs of one setting, by init, width and seed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lora_sim::spec::{Model, Training};
use lora_store::error::StoreError;
use lora_store::stored::{Database, Listed};
use lora_types::Init;

use crate::error::MapError;

/// Keys of no transformer.
const SYNTHETIC: &str = "{}";

/// A run: what it was trained with, and what was seen at each step.
#[derive(Clone, Debug, PartialEq)]
pub struct MapRun {
    /// η.
    pub lr: f64,
    /// Train loss after 0, 1, 2, … updates; it ends where the run diverged.
    pub losses: Vec<f64>,
    /// Mean norm of Z_A at the recorded steps.
    pub za: Vec<(usize, f64)>,
}

/// An init at one width and seed.
pub type Cell = (Init, usize, u64);

/// The runs of one setting over a grid of learning rates that all cells share.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The directory.
    pub dir: PathBuf,
    /// The network.
    pub model: Model,
    /// How it is trained.
    pub training: Training,
    /// By cell, in ascending order of learning rates.
    pub cells: BTreeMap<Cell, Vec<MapRun>>,
}

impl Sweep {
    /// Reads the database of a sweep's directory.
    ///
    /// # Errors
    /// [`MapError::Store`] where there is no such database, [`MapError::Mixed`], [`MapError::NotSynthetic`],
    /// [`MapError::OneInit`] or [`MapError::Grid`] for runs of another kind.
    pub fn read(dir: &Path) -> Result<Self, MapError> {
        let database = Database::of_sweep(dir)?;
        let list = database.list()?;
        let settings: BTreeSet<_> = list.iter().map(|run| run.setting.id).collect();
        let first = match (list.first(), settings.len()) {
            (Some(first), 1) => first.setting.clone(),
            (None, _) => return Err(StoreError::NothingStored(database.path().to_owned()).into()),
            (_, settings) => return Err(MapError::Mixed { dir: dir.to_owned(), settings }),
        };
        if first.transformer != SYNTHETIC {
            return Err(MapError::NotSynthetic { dir: dir.to_owned() });
        }
        let mut cells: BTreeMap<Cell, Vec<MapRun>> = BTreeMap::new();
        for listed in list {
            let run = read(&database, &listed)?;
            cells.entry((listed.init, listed.width, listed.seed)).or_default().push(run);
        }
        for runs in cells.values_mut() {
            runs.sort_by(|one, other| one.lr.total_cmp(&other.lr));
        }
        let (model, training) = (first.model.clone(), first.training.clone());
        let sweep = Self { dir: dir.to_owned(), model, training, cells };
        sweep.check()?;
        Ok(sweep)
    }

    fn check(&self) -> Result<(), MapError> {
        let dir = || self.dir.clone();
        let of = |init: Init| self.cells.keys().any(|cell| cell.0 == init);
        if !(of(Init::A) && of(Init::B)) {
            return Err(MapError::OneInit { dir: dir() });
        }
        let lrs =
            |runs: &[MapRun]| -> Vec<u64> { runs.iter().map(|run| run.lr.to_bits()).collect() };
        let mut common = None;
        for (&(init, width, seed), runs) in &self.cells {
            let common = common.get_or_insert_with(|| lrs(runs));
            if *common != lrs(runs) {
                return Err(MapError::Grid { dir: dir(), init, width, seed });
            }
        }
        Ok(())
    }

    fn all_widths(&self) -> BTreeSet<usize> {
        self.cells.keys().map(|cell| cell.1).collect()
    }

    fn all_seeds(&self) -> BTreeSet<u64> {
        self.cells.keys().map(|cell| cell.2).collect()
    }

    /// Widths, ascending.
    pub fn widths(&self) -> Vec<usize> {
        self.all_widths().into_iter().collect()
    }

    /// Seeds, ascending.
    pub fn seeds(&self) -> Vec<u64> {
        self.all_seeds().into_iter().collect()
    }
}

fn read(database: &Database, listed: &Listed) -> Result<MapRun, StoreError> {
    let gone = || StoreError::StartedOver(database.path().to_owned());
    let trajectory = database.get(&listed.key)?.ok_or_else(gone)?.trajectory;
    let za = trajectory.records.iter().map(|record| (record.step, record.za_norm)).collect();
    let mut losses = trajectory.losses;
    if let Some(step) = trajectory.diverged_at {
        losses.truncate(step);
    }
    Ok(MapRun { lr: listed.lr, losses, za })
}
