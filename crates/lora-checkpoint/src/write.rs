//! Folders that transformers loads, and the files of weights in them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::config_json;
use crate::error::CheckpointError;
use crate::expected::{expected, optional};
use crate::folder::SINGLE;
use crate::tensor::{Data, Tensor};

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
/// The data begins at a multiple of this.
const ALIGNMENT: usize = 8;

/// A tokenizer that comes to lie beside a model.
#[derive(Clone, Copy, Debug)]
pub struct TokenizerFile<'a> {
    /// `tokenizer.json`.
    pub json: &'a [u8],
    /// The token that begins a text (`bos_token_id`).
    pub bos: Option<u32>,
    /// The token that ends a text (`eos_token_id`).
    pub eos: Option<u32>,
}

impl<'a> TokenizerFile<'a> {
    /// Without tokens around a text.
    pub fn plain(json: &'a [u8]) -> Self {
        Self { json, bos: None, eos: None }
    }
}

/// Writes a transformer to a folder that `AutoModel…from_pretrained` of transformers loads: weights in one
/// file, the configuration, and the tokenizer if there is one. The configuration then says which tokens stand
/// around a text; transformers takes others where nothing is said. Each file replaces an earlier one whole.
///
/// # Errors
/// If a tensor of the body is missing, or a tensor has another shape than `config` says; if rotary
/// frequencies follow no base and scaling that `config.json` can name; if the disk refuses. Nothing is
/// written unless it is the disk.
pub fn write_checkpoint(
    dir: &Path,
    config: &Config,
    tensors: &BTreeMap<String, Tensor>,
    tokenizer: Option<TokenizerFile>,
) -> Result<(), CheckpointError> {
    let weights = dir.join(SINGLE);
    for (name, shape) in expected(config) {
        if !tensors.contains_key(&name) {
            return Err(CheckpointError::missing(&weights, &name));
        }
        check_shape(&weights, tensors, &name, &shape)?;
    }
    for (name, shape) in optional(config) {
        check_shape(&weights, tensors, &name, &shape)?;
    }
    check_whole(&weights, tensors)?;
    let config_file = dir.join(CONFIG);
    let ends = tokenizer.map(|tokenizer| [tokenizer.bos, tokenizer.eos]);
    let text = config_json::write(&config_file, config, common_dtype(tensors), ends)?;
    fs::create_dir_all(dir).map_err(|error| CheckpointError::io(dir, error))?;
    write_tensors(&weights, tensors)?;
    if let Some(tokenizer) = tokenizer {
        write_bytes(&dir.join(TOKENIZER), tokenizer.json)?;
    }
    write_bytes(&config_file, text.as_bytes())
}

fn check_shape(
    file: &Path,
    tensors: &BTreeMap<String, Tensor>,
    name: &str,
    shape: &[usize],
) -> Result<(), CheckpointError> {
    match tensors.get(name) {
        Some(tensor) if tensor.shape != shape => {
            Err(CheckpointError::shape(file, name, &tensor.shape, shape))
        }
        _ => Ok(()),
    }
}

/// PyTorch's name of the numbers that most weights have.
fn common_dtype(tensors: &BTreeMap<String, Tensor>) -> &'static str {
    let mut counts = [("float32", 0), ("float16", 0), ("bfloat16", 0)];
    for tensor in tensors.values() {
        let kind = match tensor.data {
            Data::F32(_) => 0,
            Data::F16(_) => 1,
            Data::BF16(_) => 2,
        };
        counts[kind].1 += tensor.len();
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or("float32", |(name, _)| name)
}

/// Writes a file in full or not at all.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    atomic_files::write(path, |file| file.write_all(bytes))
        .map_err(|error| CheckpointError::io(path, error))
}

/// Refuses tensors that have another count of numbers than their shapes say.
pub(crate) fn check_whole(
    path: &Path,
    tensors: &BTreeMap<String, Tensor>,
) -> Result<(), CheckpointError> {
    if let Some((name, _)) = tensors.iter().find(|(_, tensor)| !tensor.is_whole()) {
        return Err(CheckpointError::tensor(
            path,
            name,
            "has another count of numbers than its shape says",
        ));
    }
    Ok(())
}

/// Writes a `.safetensors` file, which replaces an earlier one whole.
///
/// # Errors
/// If a tensor has another count of numbers than its shape says, or the disk refuses.
pub fn write_tensors(
    path: &Path,
    tensors: &BTreeMap<String, Tensor>,
) -> Result<(), CheckpointError> {
    check_whole(path, tensors)?;
    let header = header(tensors);
    atomic_files::write(path, |file| fill(file, &header, tensors))
        .map_err(|error| CheckpointError::io(path, error))
}

fn header(tensors: &BTreeMap<String, Tensor>) -> String {
    let mut all = Map::new();
    // transformers refuses files that do not say which library they are for.
    all.insert("__metadata__".to_owned(), json!({ "format": "pt" }));
    let mut from = 0;
    for (name, tensor) in tensors {
        let dtype = match tensor.data {
            Data::F32(_) => "F32",
            Data::F16(_) => "F16",
            Data::BF16(_) => "BF16",
        };
        let to = from + tensor.data.bytes();
        all.insert(
            name.clone(),
            json!({ "dtype": dtype, "shape": tensor.shape, "data_offsets": [from, to] }),
        );
        from = to;
    }
    let mut text = Value::Object(all).to_string();
    let padding = text.len().next_multiple_of(ALIGNMENT) - text.len();
    text.push_str(&" ".repeat(padding));
    text
}

fn fill(file: &mut File, header: &str, tensors: &BTreeMap<String, Tensor>) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(1 << 16, file);
    to.write_all(&(header.len() as u64).to_le_bytes())?;
    to.write_all(header.as_bytes())?;
    for tensor in tensors.values() {
        match &tensor.data {
            Data::F32(values) => {
                values.iter().try_for_each(|value| to.write_all(&value.to_le_bytes()))?
            }
            Data::F16(values) => {
                values.iter().try_for_each(|value| to.write_all(&value.to_le_bytes()))?
            }
            Data::BF16(values) => {
                values.iter().try_for_each(|value| to.write_all(&value.to_le_bytes()))?
            }
        }
    }
    to.flush()
}
