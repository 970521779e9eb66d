//! The diagnosis of one adapter, module by module.

use std::path::Path;

use lora_checkpoint::{AdapterFile, CheckpointError, PairNames, Tensor};
use lora_peft::TrainedConfig;
use rayon::prelude::*;
use serde::Serialize;

use crate::error::DiagnoseError;
use crate::left_out::{LeftOut, left_out};
use crate::module::{Known, ModuleDiagnosis, diagnosed};
use crate::start::Declared;
use crate::training::TrainingAsked;

/// Entries of a factor that are read at most: its decomposition takes half a GiB in 64 bits.
const MOST_ENTRIES: usize = 1 << 26;
/// Modules of an adapter, many times what a large model has.
const MOST_MODULES: usize = 1 << 14;
/// The largest rank: an SVD of r × r takes r³.
const MOST_RANK: usize = 1024;
/// Entries that are in memory at once, if no module has more.
const BATCH: usize = 1 << 22;
/// The chance that any factor of an adapter is refused by the law that it was drawn from.
pub const LEVEL: f64 = 1e-3;

/// An adapter's modules.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdapterModules {
    /// Its folder, as it was named.
    pub dir: String,
    /// `init_lora_weights` of its config.
    pub init_lora_weights: String,
    /// The level of each test of a factor: [`LEVEL`] over the number of factors (Bonferroni).
    pub level: f64,
    /// The modules by kind, layer and name.
    pub modules: Vec<ModuleDiagnosis>,
    /// What nothing is said of.
    pub left_out: Vec<LeftOut>,
}

impl AdapterModules {
    /// Reads a folder with `adapter_config.json` and `adapter_model.safetensors`. `stop` is asked before each batch of
    /// modules whether to leave off.
    ///
    /// # Errors
    /// [`DiagnoseError::Adapter`] if a file cannot be read, is damaged, or disagrees with the other, and if a factor is
    /// too large or holds a number that is not finite; [`DiagnoseError::Stopped`] if `stop` says so.
    pub fn read(
        dir: &Path,
        training: Option<&TrainingAsked>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, DiagnoseError> {
        let config = TrainedConfig::open(dir)?;
        let mut file = AdapterFile::open(dir)?;
        let names = file.modules()?;
        check(&file, &config, &names.pairs)?;
        let declared = Declared::of(config.config().start.key());
        let level = LEVEL / (2 * names.pairs.len()) as f64;
        let mut modules = Vec::with_capacity(names.pairs.len());
        for batch in batches(&names.pairs) {
            if stop() {
                let (dir, done, of) = (dir.to_owned(), modules.len(), names.pairs.len());
                return Err(DiagnoseError::Stopped { dir, done, of });
            }
            let factors = factors(&mut file, batch)?;
            let found: Vec<Option<ModuleDiagnosis>> = batch
                .par_iter()
                .zip(&factors)
                .map(|(names, (a, b))| {
                    let multiplier = config.of(&names.module);
                    diagnosed(&Known { names, multiplier, declared, level, training }, a, b)
                })
                .collect();
            for (names, module) in batch.iter().zip(found) {
                let refused = || {
                    file.refuse(&names.module, "has factors whose singular values were not found")
                };
                modules.push(module.ok_or_else(refused)?);
            }
        }
        modules.sort_by(|one, other| {
            let key = |module: &ModuleDiagnosis| {
                (module.place.kind.clone(), module.place.layer, module.module.clone())
            };
            key(one).cmp(&key(other))
        });
        Ok(Self {
            dir: dir.display().to_string(),
            init_lora_weights: config.config().start.key().to_owned(),
            level,
            modules,
            left_out: left_out(&names),
        })
    }
}

/// Both factors of each module.
fn factors(
    file: &mut AdapterFile,
    pairs: &[PairNames],
) -> Result<Vec<(Tensor, Tensor)>, CheckpointError> {
    pairs.iter().map(|names| Ok((file.read(&names.a)?, file.read(&names.b)?))).collect()
}

/// Refuses, before any weights are read, what disagrees or is too large.
fn check(
    file: &AdapterFile,
    config: &TrainedConfig,
    pairs: &[PairNames],
) -> Result<(), CheckpointError> {
    if pairs.is_empty() {
        return Err(file.refuse_all(
            "has no factors of a linear module; valid are names as PEFT saves them, such as \
             `base_model.model.….q_proj.lora_A.weight`",
        ));
    }
    if pairs.len() > MOST_MODULES {
        return Err(file.refuse_all(format!(
            "has factors of {} modules; at most {MOST_MODULES} are diagnosed",
            pairs.len()
        )));
    }
    for names in pairs {
        let PairNames { module, rank, fan_in, fan_out, .. } = names;
        let r = config.of(module).r as usize;
        if *rank != r {
            let what = format!("has factors of rank {rank}; the configuration says {r}");
            return Err(file.refuse(module, what));
        }
        if r > MOST_RANK {
            let what = format!("has factors of rank {r}; valid are ranks up to {MOST_RANK}");
            return Err(file.refuse(module, what));
        }
        // Both were compared with the file's length.
        let most = r.saturating_mul(*fan_in.max(fan_out));
        if most > MOST_ENTRIES {
            let what = format!("has a factor of {most} numbers; at most {MOST_ENTRIES} are read");
            return Err(file.refuse(module, what));
        }
    }
    Ok(())
}

/// Neighbouring modules, so many that their factors have [`BATCH`] entries.
fn batches(pairs: &[PairNames]) -> Vec<&[PairNames]> {
    let (mut all, mut from, mut entries) = (Vec::new(), 0, 0);
    for (at, names) in pairs.iter().enumerate() {
        let own = names.rank * (names.fan_in + names.fan_out);
        if at > from && entries + own > BATCH {
            all.push(&pairs[from..at]);
            (from, entries) = (at, 0);
        }
        entries += own;
    }
    all.push(&pairs[from..]);
    all
}
