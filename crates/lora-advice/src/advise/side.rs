//! A base model with its adapter, as it is read.

use lora_checkpoint::CheckpointError;
use lora_peft::{AdaptedKind, BaseModel, ConfigSource, PeftConfig, adapted, kinds};
use serde::Serialize;

/// A PEFT config, its base, and the modules that it adapts.
pub struct Side {
    /// The config.
    pub config: PeftConfig,
    /// The base.
    pub base: BaseModel,
    /// The adapted modules by kind.
    pub kinds: Vec<AdaptedKind>,
}

/// A base model in a few words.
#[derive(Clone, Debug, Serialize)]
pub struct ModelSummary {
    /// Its family.
    pub model_type: &'static str,
    /// n of the residual stream.
    pub width: usize,
    /// Number of layers.
    pub layers: usize,
    /// What it is loaded as.
    pub loaded_as: &'static str,
    /// Number of adapted modules.
    pub adapted: usize,
}

impl Side {
    /// Reads both configurations.
    ///
    /// # Errors
    /// [`CheckpointError`] for what cannot be read, and for modules that the base does not have.
    pub fn read(peft: &ConfigSource, model: &ConfigSource) -> Result<Self, CheckpointError> {
        let (config, base) = (PeftConfig::read(peft)?, BaseModel::read(model)?);
        let kinds = kinds(adapted(&config, &base)?);
        Ok(Self { config, base, kinds })
    }

    /// In a few words.
    pub fn summary(&self) -> ModelSummary {
        ModelSummary {
            model_type: self.base.model_type(),
            width: self.base.width,
            layers: self.base.depth,
            loaded_as: self.base.head(self.config.head).describe(),
            adapted: self.kinds.iter().map(AdaptedKind::count).sum(),
        }
    }

    /// The kind of this side that is another's: of the same name, and of the same layers or the same rank
    /// and α where several are.
    pub fn like(&self, other: &AdaptedKind) -> Option<&AdaptedKind> {
        let named: Vec<&AdaptedKind> =
            self.kinds.iter().filter(|kind| kind.module.kind == other.module.kind).collect();
        match named[..] {
            [one] => Some(one),
            _ => named
                .iter()
                .find(|kind| kind.layers == other.layers)
                .or_else(|| {
                    named.iter().find(|kind| (kind.r, kind.alpha) == (other.r, other.alpha))
                })
                .copied(),
        }
    }
}
