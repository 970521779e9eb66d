//! What a base model's `config.json` says of its modules.

mod body;
mod decoders;
mod encoders;
mod families;
mod read;
mod sizes;

use std::path::{Path, PathBuf};

use lora_checkpoint::CheckpointError;

use crate::head::Head;
use crate::module::Module;
use crate::source::ConfigSource;
use body::Body;
use families::Family;

/// The file in a model's folder.
const FILE: &str = "config.json";

/// A base model by its configuration, without weights.
#[derive(Clone, Debug)]
pub struct BaseModel {
    /// Where it was read.
    pub file: PathBuf,
    /// n: the width of the residual stream (`hidden_size`).
    pub width: usize,
    /// Number of layers.
    pub depth: usize,
    family: &'static Family,
    /// The head of the model as it was saved.
    head: Head,
    body: Body,
}

impl BaseModel {
    /// Reads a file, or `config.json` of a folder.
    ///
    /// # Errors
    /// If the file cannot be read, if its family is not known, or if a size is missing or wrong.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        Self::read(&path.into())
    }

    /// Reads a configuration, which need not be a file.
    ///
    /// # Errors
    /// As [`BaseModel::open`].
    pub fn read(source: &ConfigSource) -> Result<Self, CheckpointError> {
        let file = source.read(FILE)?;
        let fields = file.fields();
        let family = Family::of(&fields)?;
        let read = read::read(family, &fields)?;
        Ok(Self {
            width: read.width,
            depth: read.depth,
            family,
            head: Head::of_architectures(&fields),
            body: read.body,
            file: file.path().to_owned(),
        })
    }

    /// The family's name (`model_type`).
    pub fn model_type(&self) -> &'static str {
        self.family.name
    }

    /// What PEFT adapts in this family where `target_modules` is null; none where it knows nothing.
    pub fn default_targets(&self) -> Option<&'static [&'static str]> {
        self.family.targets
    }

    /// Whether the model has modules beside those that are known here: a vision tower.
    pub fn is_part(&self) -> bool {
        self.family.nested
    }

    /// The head that a task puts on the model: that of a PEFT config, or that of the saved model.
    pub fn head(&self, task: Option<Head>) -> Head {
        task.unwrap_or(self.head)
    }

    /// Every module that LoRA can adapt, with this head; none if the family has no such head.
    pub fn modules(&self, head: Head) -> Option<Vec<Module>> {
        let body = &self.body;
        let on_top = match head {
            Head::None => &[][..],
            head => &body.heads.iter().find(|(known, _)| *known == head)?.1,
        };
        let prefix = match head {
            Head::None => body.prefix.split_once('.').map_or("", |(_, rest)| rest),
            _ => body.prefix,
        };
        let mut all: Vec<Module> = body.around.iter().map(|part| part.alone(prefix)).collect();
        let before = format!("{prefix}{}", body.layers);
        for layer in 0..self.depth {
            all.extend(body.layer.iter().map(|part| part.in_layer(&before, layer)));
        }
        let pooler = body.pooler.filter(|(_, heads)| heads.contains(&head));
        all.extend(pooler.map(|(part, _)| part.alone(prefix)));
        all.extend(on_top.iter().map(|part| part.alone("")));
        Some(all)
    }
}
