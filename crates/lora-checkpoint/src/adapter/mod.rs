//! LoRA adapters as PEFT saves them: `adapter_config.json` and `adapter_model.safetensors`.

mod config;
mod file;
mod pairs;
mod patterns;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::error::CheckpointError;
use crate::folder::Folder;
use crate::strict_json::read_small;
use crate::tensor::Tensor;
use crate::write::{check_whole, write_bytes, write_tensors};
pub use config::{AdapterConfig, TargetModules};
pub use file::{AdapterFile, AdapterNames, PairNames};
pub use pairs::Pair;
pub(crate) use patterns::Ordered;

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";

/// A LoRA adapter.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// What PEFT's `LoraConfig` says.
    pub config: AdapterConfig,
    /// The factors, and modules that were trained whole, with names exactly as in the file, such as
    /// `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Adapter {
    /// Reads an adapter from its folder.
    ///
    /// # Errors
    /// If a file cannot be read or is damaged, if the configuration asks for what is not LoRA, or if a
    /// factor has no partner of the same rank.
    pub fn open(dir: &Path) -> Result<Self, CheckpointError> {
        let file = dir.join(CONFIG);
        let config = config::read(&file, &read_small(&file)?)?;
        let weights = dir.join(WEIGHTS);
        let mut folder = Folder::open_file(&weights)?;
        let names: Vec<String> = folder.names().map(str::to_owned).collect();
        let mut tensors = BTreeMap::new();
        for name in names {
            if let Some(tensor) = folder.read(&name)? {
                tensors.insert(name, tensor);
            }
        }
        let adapter = Self { config, tensors };
        pairs::check(&weights, &adapter)?;
        Ok(adapter)
    }

    /// Writes the adapter to a folder that PEFT loads. Each file replaces an earlier one whole.
    ///
    /// # Errors
    /// If a factor has no partner of the same rank, or the disk refuses.
    pub fn write(&self, dir: &Path) -> Result<(), CheckpointError> {
        let weights = dir.join(WEIGHTS);
        pairs::check(&weights, self)?;
        check_whole(&weights, &self.tensors)?;
        fs::create_dir_all(dir).map_err(|error| CheckpointError::io(dir, error))?;
        write_tensors(&weights, &self.tensors)?;
        let text = config::write(&self.config);
        write_bytes(&dir.join(CONFIG), text.as_bytes())
    }

    /// The adapted modules with their two factors, by names.
    pub fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        pairs::of(&self.tensors)
    }
}
