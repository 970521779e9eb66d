//! An adapter's weights, read one tensor at a time.

use std::path::{Path, PathBuf};

use super::WEIGHTS;
use super::pairs::{ENDS, module_of};
use crate::error::{CheckpointError, short};
use crate::folder::Folder;
use crate::tensor::Tensor;

/// The longest header of an adapter in bytes. A tensor takes about 150 of them, so this is room for tens of
/// thousands of adapted modules.
const LONGEST: u64 = 16 << 20;
/// What older versions of PEFT write.
const PICKLE: &str = "adapter_model.bin";

/// `adapter_model.safetensors`, of which the header alone is in memory.
#[derive(Debug)]
pub struct AdapterFile {
    path: PathBuf,
    folder: Folder,
}

/// The two factors of an adapted module, by their names in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairNames {
    /// The module's name in the base model, such as `model.layers.0.self_attn.q_proj`.
    pub module: String,
    /// The name of A, r × in.
    pub a: String,
    /// The name of B, out × r.
    pub b: String,
    /// The rank r.
    pub rank: usize,
    /// Columns of A.
    pub fan_in: usize,
    /// Rows of B.
    pub fan_out: usize,
}

/// What an adapter's file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdapterNames {
    /// Factors of linear modules.
    pub pairs: Vec<PairNames>,
    /// Modules whose factors are no matrices, such as convolutions.
    pub no_matrices: Vec<String>,
    /// Adapted embeddings.
    pub embeddings: Vec<String>,
    /// Every other tensor.
    pub others: Vec<String>,
}

impl AdapterFile {
    /// Opens the weights in an adapter's folder and reads their header.
    ///
    /// # Errors
    /// If there is no such file, or if its header does not agree with its length.
    pub fn open(dir: &Path) -> Result<Self, CheckpointError> {
        let path = dir.join(WEIGHTS);
        if !path.exists() && dir.join(PICKLE).exists() {
            let what = format!(
                "holds `{PICKLE}` alone, a pickle, which is not read; valid is `{WEIGHTS}`"
            );
            return Err(CheckpointError::damaged(dir, what));
        }
        Ok(Self { folder: Folder::open_adapter(&path, LONGEST)?, path })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds, in the order of names.
    ///
    /// # Errors
    /// If a factor has no partner, or one of another rank.
    pub fn modules(&self) -> Result<AdapterNames, CheckpointError> {
        let mut all = AdapterNames::default();
        for name in self.folder.names() {
            let Some((before, end_a, end_b, embedding)) = factor(name) else {
                all.others.push(name.to_owned());
                continue;
            };
            let (a, b) = (format!("{before}{end_a}"), format!("{before}{end_b}"));
            let shape = |name: &str| self.folder.shape(name).map(|(shape, _)| shape);
            let (Some(of_a), Some(of_b)) = (shape(&a), shape(&b)) else {
                let absent = if shape(&a).is_none() { &a } else { &b };
                return Err(CheckpointError::missing(&self.path, absent));
            };
            // Both factors come by here.
            if name != a {
                continue;
            }
            let module = module_of(before).to_owned();
            match (of_a, of_b) {
                _ if embedding => all.embeddings.push(module),
                (&[rank, fan_in], &[fan_out, columns])
                    if rank == columns && rank.min(fan_in).min(fan_out) > 0 =>
                {
                    all.pairs.push(PairNames { module, a, b, rank, fan_in, fan_out });
                }
                (&[_, _], &[_, _]) => {
                    let what = format!(
                        "has factors of the shapes {of_a:?} and {of_b:?}; valid is r × in and out × r"
                    );
                    return Err(CheckpointError::tensor(&self.path, &module, what));
                }
                _ => all.no_matrices.push(module),
            }
        }
        Ok(all)
    }

    /// Reads a tensor. Numbers of 64 bits are rounded to 32, none but zero to zero.
    ///
    /// # Errors
    /// If it is not there, if the disk refuses, or if a number is NaN or infinite.
    pub fn read(&mut self, name: &str) -> Result<Tensor, CheckpointError> {
        let tensor = self.folder.read(name)?;
        let tensor = tensor.ok_or_else(|| CheckpointError::missing(&self.path, name))?;
        match tensor.first_not_finite() {
            None => Ok(tensor),
            Some(at) => {
                let what = format!("has a number that is not finite, at {}", place(&tensor, at));
                Err(CheckpointError::tensor(&self.path, name, what))
            }
        }
    }

    /// A refusal of one of the modules.
    pub fn refuse(&self, module: &str, what: impl Into<String>) -> CheckpointError {
        CheckpointError::tensor(&self.path, module, what)
    }

    /// A refusal of the file.
    pub fn refuse_all(&self, what: impl Into<String>) -> CheckpointError {
        CheckpointError::damaged(&self.path, what)
    }
}

/// What stands before the end of a factor's name, with the ends of both names.
fn factor(name: &str) -> Option<(&str, &'static str, &'static str, bool)> {
    ENDS.iter().find_map(|&(a, b, embedding)| {
        let before = name.strip_suffix(a).or_else(|| name.strip_suffix(b))?;
        Some((before, a, b, embedding))
    })
}

/// A place in a matrix, in words.
fn place(tensor: &Tensor, at: usize) -> String {
    match tensor.shape[..] {
        [_, columns] if columns > 0 => format!("row {}, column {}", at / columns, at % columns),
        _ => short(&format!("place {at}")),
    }
}
