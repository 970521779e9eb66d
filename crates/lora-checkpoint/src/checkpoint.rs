//! A transformer on disk, whichever format it has.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::config_json;
use crate::error::CheckpointError;
use crate::expected::{expected, optional};
use crate::folder::Folder;
use crate::gguf::Gguf;
use crate::gguf::metadata::Metadata;
use crate::strict_json::read_small;
use crate::tensor::Tensor;

const CONFIG: &str = "config.json";

/// How a checkpoint is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// A folder as transformers writes it.
    SafeTensors,
    /// A file as llama.cpp writes it.
    Gguf {
        /// Its kinds of numbers, those with most numbers first, such as `Q4_1, Q8_0, F32`.
        kinds: String,
    },
}

/// A transformer on disk, whose headers have been read and checked.
///
/// It keeps its files open, and reads a tensor when it is taken.
#[derive(Debug)]
pub struct Checkpoint {
    /// The transformer's shape.
    pub config: Config,
    /// How it is stored.
    pub format: Format,
    path: PathBuf,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Folder(Folder),
    Gguf(Box<Gguf>),
}

impl Source {
    /// Opens a folder or a GGUF file.
    fn open(path: &Path) -> Result<(Self, Config), CheckpointError> {
        if path.is_dir() {
            let file = path.join(CONFIG);
            let config = config_json::read(&file, &read_small(&file)?)?;
            return Ok((Self::Folder(Folder::open(path, config.family)?), config));
        }
        if path.extension().is_some_and(|ending| ending == "safetensors") {
            let what =
                "is a file of weights alone; name the folder that also holds its config.json";
            return Err(CheckpointError::damaged(path, what));
        }
        let gguf = Gguf::open(path)?;
        let config = gguf.config.clone();
        Ok((Self::Gguf(Box::new(gguf)), config))
    }

    fn shape(&self, name: &str) -> Option<&[usize]> {
        match self {
            Self::Folder(folder) => folder.shape(name).map(|(shape, _)| shape),
            Self::Gguf(gguf) => gguf.shape(name),
        }
    }
}

impl Checkpoint {
    /// Opens a folder with `config.json` and `model.safetensors` (or its shards), or a `.gguf` file. Checks
    /// the configuration, and that every tensor of the body is there with its shape.
    ///
    /// # Errors
    /// If a file cannot be read, is damaged, or describes what is not supported; or if a tensor is missing
    /// or has another shape than the configuration says.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let (source, config) = Source::open(path)?;
        let format = match &source {
            Source::Folder(_) => Format::SafeTensors,
            Source::Gguf(gguf) => {
                let kinds: Vec<&str> = gguf.kinds().into_iter().map(|kind| kind.name()).collect();
                Format::Gguf { kinds: kinds.join(", ") }
            }
        };
        let mut checkpoint = Self { config, format, path: path.to_owned(), source };
        checkpoint.settle_heads();
        checkpoint.check_shapes()?;
        Ok(checkpoint)
    }

    /// What the tensors of a checkpoint will take in memory, from its headers alone.
    ///
    /// # Errors
    /// As [`open`](Self::open), but tensors are not compared with the configuration.
    pub fn bytes(path: &Path) -> Result<u64, CheckpointError> {
        Ok(match Source::open(path)?.0 {
            Source::Folder(folder) => folder.bytes(),
            Source::Gguf(gguf) => gguf.bytes(),
        })
    }

    /// Reads a tensor by its Hugging Face name, which begins with the body's prefix
    /// (`bert.encoder.layer.0…`, `model.layers.0…`) whatever the file calls it.
    ///
    /// A tensor may be taken again; it is then read again.
    ///
    /// # Errors
    /// If there is no such tensor, or its file cannot be read.
    pub fn take(&mut self, name: &str) -> Result<Tensor, CheckpointError> {
        let found = match &mut self.source {
            Source::Folder(folder) => folder.read(name)?,
            Source::Gguf(gguf) => gguf.read(name)?,
        };
        found.ok_or_else(|| CheckpointError::missing(&self.path, name))
    }

    /// The names of all tensors, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names: Box<dyn Iterator<Item = &str>> = match &self.source {
            Source::Folder(folder) => Box::new(folder.names()),
            Source::Gguf(gguf) => Box::new(gguf.names()),
        };
        names
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.source.shape(name).is_some()
    }

    /// The name of the folder or file, and how its weights were made readable, such as
    /// `SmolLM2 (GGUF, dequantised from Q4_1, Q8_0)`.
    pub fn label(&self) -> String {
        let name = match &self.source {
            Source::Folder(_) => self.path.file_name(),
            Source::Gguf(_) => self.path.file_stem(),
        };
        let name = name.map_or_else(|| self.path.to_string_lossy(), |name| name.to_string_lossy());
        let Source::Gguf(gguf) = &self.source else { return name.into_owned() };
        let kinds = gguf.kinds();
        let quantised: Vec<&str> =
            kinds.into_iter().filter(|kind| kind.is_quantised()).map(|kind| kind.name()).collect();
        match quantised.as_slice() {
            [] => format!("{name} (GGUF)"),
            some => format!("{name} (GGUF, dequantised from {})", some.join(", ")),
        }
    }

    /// What a GGUF file says of itself; none for a folder.
    pub fn gguf_metadata(&self) -> Option<&Metadata> {
        match &self.source {
            Source::Folder(_) => None,
            Source::Gguf(gguf) => Some(&gguf.metadata),
        }
    }

    /// The folder or the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the first tensor with a NaN or an infinity. Reads every tensor, one at a time.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn first_not_finite(&mut self) -> Result<Option<String>, CheckpointError> {
        let names: Vec<String> = self.names().map(str::to_owned).collect();
        for name in names {
            if self.take(&name)?.first_not_finite().is_some() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The tensors say whether there is a head: every configuration declares classes, or means two.
    fn settle_heads(&mut self) {
        let head = self.config.family.classifier().map(|module| format!("{module}.weight"));
        if !head.is_some_and(|head| self.has(&head)) {
            self.config.labels = None;
        }
    }

    fn check_shapes(&self) -> Result<(), CheckpointError> {
        for (name, shape) in expected(&self.config) {
            let found = self
                .source
                .shape(&name)
                .ok_or_else(|| CheckpointError::missing(&self.path, &name))?;
            self.check_shape(&name, found, &shape)?;
        }
        for (name, shape) in optional(&self.config) {
            if let Some(found) = self.source.shape(&name) {
                self.check_shape(&name, found, &shape)?;
            }
        }
        Ok(())
    }

    fn check_shape(
        &self,
        name: &str,
        found: &[usize],
        shape: &[usize],
    ) -> Result<(), CheckpointError> {
        if found == shape {
            return Ok(());
        }
        let file = match &self.source {
            Source::Folder(folder) => folder.shape(name).map_or(&*self.path, |(_, file)| file),
            Source::Gguf(_) => &self.path,
        };
        Err(CheckpointError::shape(file, name, found, shape))
    }
}
