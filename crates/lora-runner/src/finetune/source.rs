//! Where base models come from: a checkpoint, or a recipe and a text.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use lora_checkpoint::{Checkpoint, Config};
use lora_data::short;
use lora_experiment::experiment::TransformerSection;
use lora_experiment::experiment::transformer::{Parametrisation, Task};
use lora_pretrain::{Corpus, RECIPE, Recipe, TokenizerFiles};
use lora_text::data::read_text;
use lora_text::{Tokenizer, bundled_text};
use lora_transformer::net::{Net, Pooling, Task as NetTask};
use sha2::{Digest, Sha256};

use super::digest::of_model;
use super::error::FinetuneError;
use super::needs;

/// Of a text that is pretrained on, this share of the lines is for pretraining and for the tokenizer; the
/// rest is for finetuning.
const PRETRAINING: [usize; 2] = [4, 5];

/// The model in words where it was pretrained by this program.
const PRETRAINED_HERE: &str = "pretrained here";

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
        /// Whether they keep the weights of their start.
        random: bool,
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
        if section.checkpoint.is_empty() {
            made(section, widths)
        } else {
            checkpoint(section, widths)
        }
    }

    /// The tokenizer of all bases.
    pub fn tokenizer(&self) -> &Tokenizer {
        match self {
            Self::Checkpoint { tokenizer, .. } | Self::Made { tokenizer, .. } => tokenizer,
        }
    }

    /// The text to train on where the experiment names none: what the model has not seen, as far as this
    /// is known.
    pub fn text(&self) -> String {
        match self {
            Self::Made { rest, .. } => rest.clone(),
            Self::Checkpoint { path, .. } if path.join(RECIPE).exists() => {
                let [_, rest] = parts(bundled_text());
                rest
            }
            Self::Checkpoint { .. } => bundled_text().to_owned(),
        }
    }

    /// In words.
    pub fn label(&self) -> String {
        match self {
            Self::Checkpoint { label, .. } => label.clone(),
            Self::Made { random: true, .. } => "random weights".to_owned(),
            Self::Made { .. } => PRETRAINED_HERE.to_owned(),
        }
    }

    /// Of all that decides a base, beside the experiment.
    pub fn digest(&self) -> String {
        match self {
            Self::Checkpoint { digest, .. } => digest.clone(),
            Self::Made { corpus, .. } => {
                let parts = (lora_pretrain::NUMERICS, corpus.digest(), corpus.tokenizer_digest());
                short(&Sha256::digest(format!("{parts:?}")))
            }
        }
    }

    /// The shape at a width.
    pub fn config(&self, section: &TransformerSection, width: usize) -> Config {
        match self {
            Self::Checkpoint { config, .. } => config.clone(),
            Self::Made { .. } => recipe(section, width, section.pretrain_seed).config(),
        }
    }

    /// What the model is to do; `labels` is the number of classes.
    pub fn task(&self, section: &TransformerSection, labels: usize) -> NetTask {
        let pooling = match self {
            Self::Checkpoint { pooling, .. } => *pooling,
            Self::Made { .. } => Pooling::Mean,
        };
        match section.task {
            Task::NextToken => NetTask::NextToken,
            Task::Classify => NetTask::Classify { labels, pooling },
        }
    }

    /// The parts of the model at a width.
    pub fn net(&self, section: &TransformerSection, width: usize, labels: usize) -> Net {
        Net::new(&self.config(section, width), self.task(section, labels))
    }

    /// Bytes of the weights of a base at a width; and those that its passes need beside them on every thread.
    pub fn weights(&self, config: &Config, threads: f64) -> [f64; 2] {
        let plain = 4.0 * needs::parameters(config);
        match self {
            Self::Checkpoint { bytes, .. } => {
                let bytes = *bytes as f64;
                // Biases and gains make little difference.
                let half = bytes < 0.9 * plain;
                [bytes, if half { needs::widened(config, threads) } else { 0.0 }]
            }
            Self::Made { .. } => [plain, 0.0],
        }
    }
}

/// How a model of a width is pretrained, with this seed.
pub fn recipe(section: &TransformerSection, width: usize, seed: u64) -> Recipe {
    let parametrisation = match section.parametrisation {
        Parametrisation::Standard => lora_pretrain::Parametrisation::Standard,
        Parametrisation::Mup => {
            lora_pretrain::Parametrisation::MuP { base_width: section.base_width }
        }
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
        lr: pretraining_lr(section, width),
        steps: section.pretrain_steps,
        batch: section.pretrain_batch,
        warmup: 0.1,
        weight_decay: 0.0,
        betas: [0.9, 0.95],
        seed,
    }
}

/// The learning rate of a pretraining at a width. Without an exponent it is the one that is named, to the bit:
/// what was pretrained before keeps its name.
fn pretraining_lr(section: &TransformerSection, width: usize) -> f64 {
    let relative = width as f64 / section.base_width as f64;
    match section.pretrain_lr_exponent {
        0.0 => section.pretrain_lr,
        exponent => section.pretrain_lr * relative.powf(exponent),
    }
}

/// The text of a pretraining.
fn pretraining_text(section: &TransformerSection) -> Result<Cow<'static, str>, FinetuneError> {
    const KEY: &str = "transformer.pretrain_data";
    let path = Path::new(&section.pretrain_data);
    if path.as_os_str().is_empty() {
        return Ok(Cow::Borrowed(bundled_text()));
    }
    if !path.exists() {
        return Err(FinetuneError::absent(KEY, "a text file", section));
    }
    read_text(path).map(Cow::Owned).map_err(FinetuneError::file(KEY))
}

/// A text in two parts: what models are pretrained on, and the rest.
fn parts(text: &str) -> [String; 2] {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (first, rest) = lines.split_at(lines.len() * PRETRAINING[0] / PRETRAINING[1]);
    [first.concat(), rest.concat()]
}

fn made(section: &TransformerSection, widths: &[usize]) -> Result<Source, FinetuneError> {
    for &width in widths {
        recipe(section, width, section.pretrain_seed).check().map_err(FinetuneError::recipe)?;
    }
    let [text, rest] = parts(&pretraining_text(section)?);
    if text.trim().is_empty() {
        let valid =
            "longer: the first four fifths of its lines are pretrained on, and hold no text";
        return Err(FinetuneError::key("transformer.pretrain_data", valid));
    }
    let tokenizer = Tokenizer::train(&text, section.vocabulary)
        .map_err(FinetuneError::file("transformer.vocabulary"))?;
    let tokens = tokenizer.encode(&text, false)?;
    if tokens.len() <= 2 * section.context {
        let valid = format!("short enough for two sequences of a text of {} tokens", tokens.len());
        return Err(FinetuneError::key("transformer.context", valid));
    }
    let files = TokenizerFiles {
        tokenizer_json: tokenizer.to_json()?,
        config_json: tokenizer.config_json(section.context),
    };
    let corpus = Box::new(Corpus { tokens, tokenizer: files });
    let random = section.pretrain_steps == 0;
    Ok(Source::Made { random, corpus, rest, tokenizer: Box::new(tokenizer) })
}

fn checkpoint(section: &TransformerSection, widths: &[usize]) -> Result<Source, FinetuneError> {
    const KEY: &str = "transformer.checkpoint";
    let path = PathBuf::from(&section.checkpoint);
    if !path.exists() {
        let valid = "a Hugging Face folder or a GGUF file";
        return Err(FinetuneError::absent(KEY, valid, section));
    }
    let checkpoint = Checkpoint::open(&path).map_err(FinetuneError::file(KEY))?;
    let config = checkpoint.config.clone();
    check_shape(section, &config, widths)?;
    let tokenizer = Tokenizer::open(&path).map_err(FinetuneError::file(KEY))?;
    if tokenizer.vocabulary() > config.vocabulary {
        let (known, most) = (tokenizer.vocabulary(), config.vocabulary);
        let reason = format!("its tokenizer has {known} tokens, but its model only {most}");
        return Err(FinetuneError::Key { key: KEY, reason });
    }
    Ok(Source::Checkpoint {
        pooling: lora_transformer::base::natural_pooling(&checkpoint),
        label: label(&path, &checkpoint),
        digest: of_model(&path).map_err(FinetuneError::file(KEY))?,
        tokenizer: Box::new(tokenizer),
        bytes: Checkpoint::bytes(&path).map_err(FinetuneError::file(KEY))?,
        config,
        path,
    })
}

/// The model in words.
fn label(path: &Path, checkpoint: &Checkpoint) -> String {
    // The folder of a model that was pretrained here is called by a hash.
    if path.join(RECIPE).exists() { PRETRAINED_HERE.to_owned() } else { checkpoint.label() }
}

/// Whether an experiment goes with the shape of its checkpoint.
fn check_shape(
    section: &TransformerSection,
    config: &Config,
    widths: &[usize],
) -> Result<(), FinetuneError> {
    if widths != [config.width] {
        let valid = format!("[{}], the width of transformer.checkpoint", config.width);
        return Err(FinetuneError::key("model.widths", valid));
    }
    if section.context > config.max_positions {
        let most = config.max_positions;
        let valid = format!("at most {most}, the longest sequence of transformer.checkpoint");
        return Err(FinetuneError::key("transformer.context", valid));
    }
    match (config.family.is_causal(), section.task) {
        (true, Task::Classify) => Err(FinetuneError::key(
            "transformer.task",
            r#""next-token": transformer.checkpoint is a language model"#,
        )),
        (false, Task::NextToken) => Err(FinetuneError::key(
            "transformer.task",
            r#""classify": transformer.checkpoint is an encoder"#,
        )),
        _ => Ok(()),
    }
}
