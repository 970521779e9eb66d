//! Where base models come from: a checkpoint, or a recipe and the text that comes with the program.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use lora_checkpoint::{Checkpoint, CheckpointError, Config};
use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::{ALL_LINEAR, Parametrisation, Task};
use lora_sim::spec::Model;
use lora_text::{Tokenizer, bundled_text};
use lora_transformer::lora::Targets;
use lora_transformer::net::{Net, Pooling, Task as NetTask};
use lora_transformer::pretrain::{self, Corpus, Recipe, TokenizerFiles};
use sha2::{Digest, Sha256};

use super::data::Data;
use super::error::FinetuneError;

/// Of the text that comes with the program, this share of the lines is for pretraining and for the
/// tokenizer; the rest is for finetuning.
const PRETRAINING: [usize; 2] = [4, 5];

/// Digits of a digest: as many as tell apart what anybody has.
const DIGITS: usize = 12;

/// Tokens that a thread has in work at once.
const SLICE: u64 = 512;

/// Where base models come from.
pub enum Source {
    /// A file or folder.
    Checkpoint {
        /// Where.
        path: PathBuf,
        /// Its shape.
        config: Config,
        /// The model in words.
        label: String,
        /// Of its files.
        digest: String,
        /// Its tokenizer.
        tokenizer: Box<Tokenizer>,
        /// Whether it has a layer for its first token.
        pooling: Pooling,
        /// Bytes of its tensors.
        bytes: u64,
    },
    /// Models that are pretrained here, of any width.
    Made {
        /// What they are pretrained on.
        corpus: Box<Corpus>,
        /// The rest of that text.
        rest: String,
        /// Their tokenizer.
        tokenizer: Box<Tokenizer>,
    },
}

impl Source {
    /// Reads headers and tokenizer of a checkpoint, or trains a tokenizer.
    pub fn open(section: &TransformerSection, widths: &[usize]) -> Result<Self, FinetuneError> {
        if section.checkpoint.is_empty() { made(section) } else { checkpoint(section, widths) }
    }

    /// The tokenizer of all bases.
    pub fn tokenizer(&self) -> &Tokenizer {
        match self {
            Self::Checkpoint { tokenizer, .. } | Self::Made { tokenizer, .. } => tokenizer,
        }
    }

    /// In words.
    pub fn label(&self) -> String {
        match self {
            Self::Checkpoint { label, .. } => label.clone(),
            Self::Made { .. } => "pretrained here".to_owned(),
        }
    }

    /// Of all that decides a base, beside the experiment.
    pub fn digest(&self) -> String {
        match self {
            Self::Checkpoint { digest, .. } => digest.clone(),
            Self::Made { corpus, .. } => {
                let parts = (pretrain::NUMERICS, corpus.digest(), corpus.tokenizer_digest());
                short(&Sha256::digest(format!("{parts:?}")))
            }
        }
    }

    /// The shape at a width.
    pub fn config(&self, section: &TransformerSection, width: usize) -> Config {
        match self {
            Self::Checkpoint { config, .. } => config.clone(),
            Self::Made { .. } => recipe(section, width).config(),
        }
    }

    /// What the model is to do.
    pub fn task(&self, section: &TransformerSection, data: &Data) -> NetTask {
        let pooling = match self {
            Self::Checkpoint { pooling, .. } => *pooling,
            Self::Made { .. } => Pooling::Mean,
        };
        match section.task {
            Task::NextToken => NetTask::NextToken,
            Task::Classify => NetTask::Classify { labels: data.labels, pooling },
        }
    }

    /// Checks that every width has the modules that are to be adapted.
    pub fn check_targets(
        &self,
        section: &TransformerSection,
        data: &Data,
    ) -> Result<(), FinetuneError> {
        // The names do not depend on the width.
        let config = self.config(section, section.head_dim);
        let net = Net::new(&config, self.task(section, data));
        targets(section).sites(&net)?;
        Ok(())
    }

    /// Bytes for a base, a thread's activations for each run at a time, and the states of all runs.
    pub fn memory(
        &self,
        section: &TransformerSection,
        model: &Model,
        width: usize,
        runs: usize,
    ) -> u64 {
        let config = self.config(section, width);
        let [n, m, depth] = [config.width, config.mlp_width, config.depth].map(|x| x as u64);
        let (vocabulary, rank) = (config.vocabulary as u64, model.rank as u64);
        let parameters = depth * (4 * n * n + 3 * n * m) + 2 * vocabulary * n;
        let weights = match self {
            Self::Checkpoint { bytes, .. } => *bytes,
            // The weights, their gradients in eight lanes and Adam's moments, while they are pretrained.
            Self::Made { .. } => 4 * parameters * 12,
        };
        let threads = rayon::current_num_threads() as u64;
        let activations = threads * 4 * SLICE * (depth * (12 * n + 3 * m) + vocabulary);
        let adapters = runs as u64 * 4 * 5 * rank * depth * (9 * n + 3 * m);
        weights + activations + adapters
    }
}

/// The modules that are adapted.
pub fn targets(section: &TransformerSection) -> Targets {
    match &section.targets[..] {
        [word] if word == ALL_LINEAR => Targets::AllLinear,
        names => Targets::Names(names.to_vec()),
    }
}

/// How a model of a width is pretrained.
pub fn recipe(section: &TransformerSection, width: usize) -> Recipe {
    let parametrisation = match section.parametrisation {
        Parametrisation::Standard => pretrain::Parametrisation::Standard,
        Parametrisation::Mup => pretrain::Parametrisation::MuP { base_width: section.base_width },
    };
    Recipe {
        width,
        depth: section.depth,
        head_dim: section.head_dim,
        key_value_heads: None,
        vocabulary: section.vocabulary,
        context: section.context,
        mlp_width: None,
        parametrisation,
        lr: section.pretrain_lr,
        steps: section.pretrain_steps,
        batch: section.pretrain_batch,
        warmup: 0.1,
        weight_decay: 0.0,
        betas: [0.9, 0.95],
        seed: section.pretrain_seed,
    }
}

fn made(section: &TransformerSection) -> Result<Source, FinetuneError> {
    let lines: Vec<&str> = bundled_text().split_inclusive('\n').collect();
    let (first, rest) = lines.split_at(lines.len() * PRETRAINING[0] / PRETRAINING[1]);
    let text = first.concat();
    let tokenizer = Box::new(Tokenizer::train(&text, section.vocabulary)?);
    let tokens = tokenizer.encode(&text, false)?;
    let files = TokenizerFiles {
        tokenizer_json: tokenizer.to_json()?,
        config_json: tokenizer.config_json(section.context),
    };
    let corpus = Box::new(Corpus { tokens, tokenizer: files });
    Ok(Source::Made { corpus, rest: rest.concat(), tokenizer })
}

fn checkpoint(section: &TransformerSection, widths: &[usize]) -> Result<Source, FinetuneError> {
    let path = PathBuf::from(&section.checkpoint);
    let checkpoint = Checkpoint::open(&path)?;
    let config = checkpoint.config.clone();
    if widths != [config.width] {
        let valid = format!("{} has the width {}", path.display(), config.width);
        return Err(FinetuneError::key("model.widths", format!("{widths:?}"), valid));
    }
    if section.context > config.max_positions {
        let valid = format!("{} takes {} tokens at most", path.display(), config.max_positions);
        return Err(FinetuneError::key("transformer.context", section.context, valid));
    }
    if config.family.is_causal() != (section.task == Task::NextToken) {
        let valid = if config.family.is_causal() {
            format!("{} is a language model: write next-token", path.display())
        } else {
            format!("{} is an encoder: write classify", path.display())
        };
        let value = if config.family.is_causal() { "classify" } else { "next-token" };
        return Err(FinetuneError::key("transformer.task", value, valid));
    }
    Ok(Source::Checkpoint {
        pooling: lora_transformer::base::natural_pooling(&checkpoint),
        label: checkpoint.label(),
        digest: digest(&path)?,
        tokenizer: Box::new(Tokenizer::open(&path)?),
        bytes: Checkpoint::bytes(&path)?,
        config,
        path,
    })
}

/// Of a file, or of the files of a folder that decide a model.
fn digest(path: &Path) -> Result<String, FinetuneError> {
    let failed = |file: &Path, source| CheckpointError::Io { file: file.to_owned(), source };
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = fs::read_dir(path).map_err(|error| failed(path, error))?;
        let decides = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let model = name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json");
            model || name == "config.json" || name == "tokenizer.json"
        };
        files = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()
            .map_err(|error| failed(path, error))?;
        files.retain(decides);
        files.sort();
    }
    let mut all = Sha256::new();
    for file in files {
        all.update(of_file(&file).map_err(|error| failed(&file, error))?);
    }
    Ok(short(&all.finalize()))
}

fn of_file(path: &Path) -> io::Result<[u8; 32]> {
    let (mut file, mut sha) = (File::open(path)?, Sha256::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(sha.finalize().into()),
            count => sha.update(&buffer[..count]),
        }
    }
}

/// The first digits in hex.
pub fn short(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.chars().take(DIGITS).collect()
}
