//! A pretrained model as a folder.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use lora_checkpoint::{CheckpointError, Tensor, TokenizerFile, write_checkpoint};
use lora_transformer::base::Base;
use lora_transformer::error::TransformerError;
use lora_transformer::net::Role;
use lora_transformer::weight::transposed;
use serde_json::{Value, json};

use crate::corpus::{Corpus, TokenizerFiles};
use crate::recipe::NUMERICS;
use crate::run::Pretrained;

/// The file that says what a folder's model was made from. It is written last: where it is, all is.
pub const RECIPE: &str = "recipe.json";

/// Its key for [`Pretrained::held_out`].
const HELD_OUT: &str = "held_out_loss";

/// The held-out loss at the end of the pretraining whose model lies in a folder; none where the folder does not
/// say.
pub fn held_out_loss(dir: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(dir.join(RECIPE)).ok()?;
    serde_json::from_str::<Value>(&text).ok()?[HELD_OUT].as_f64()
}

/// Writes a folder that `AutoModelForCausalLM` and `AutoTokenizer` of transformers load, and that
/// `lora_checkpoint::Checkpoint::open` opens.
///
/// # Errors
/// [`TransformerError::Checkpoint`] if the disk refuses.
pub fn write_folder(
    dir: &Path,
    pretrained: &Pretrained,
    corpus: &Corpus,
) -> Result<(), TransformerError> {
    let base = &pretrained.base;
    let json = corpus.tokenizer.tokenizer_json.as_bytes();
    let [bos, eos] = ends(&corpus.tokenizer);
    let tokenizer = TokenizerFile { json, bos, eos };
    write_checkpoint(dir, &base.net.config, &tensors(base), Some(tokenizer))?;
    write(&dir.join("tokenizer_config.json"), &corpus.tokenizer.config_json)?;
    let about = json!({
        "id": pretrained.id,
        "numerics": NUMERICS,
        "recipe": pretrained.recipe,
        "text": corpus.digest(),
        "tokenizer": corpus.tokenizer_digest(),
        HELD_OUT: pretrained.held_out,
        "curve": pretrained.curve,
    });
    write(&dir.join(RECIPE), &format!("{about}\n"))
}

/// The tokens that begin and end a text: `tokenizer_config.json` names them, and `tokenizer.json` has their
/// ids. None where the files do not say.
fn ends(files: &TokenizerFiles) -> [Option<u32>; 2] {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (config, tokenizer) = (read(&files.config_json), read(&files.tokenizer_json));
    ["bos_token", "eos_token"].map(|key| {
        let name = config[key].as_str()?;
        let tokens = tokenizer["added_tokens"].as_array()?;
        let token = tokens.iter().find(|token| token["content"] == name)?;
        u32::try_from(token["id"].as_u64()?).ok()
    })
}

/// All weights of a model, by their names and in the shapes of Hugging Face's files.
fn tensors(base: &Base) -> BTreeMap<String, Tensor> {
    let one = |index: usize| {
        let info = &base.net.params[index];
        let kept = base.weights[index].to_vec();
        let values = match info.role {
            Role::Linear => transposed(&kept, info.shape[1], info.shape[0]),
            Role::Table | Role::Bias | Role::Gain => kept,
        };
        (info.name.clone(), Tensor::f32(&info.shape, values))
    };
    (0..base.net.params.len()).map(one).collect()
}

fn write(path: &Path, text: &str) -> Result<(), TransformerError> {
    atomic_files::write(path, |file| file.write_all(text.as_bytes())).map_err(|source| {
        TransformerError::Checkpoint(CheckpointError::Io { file: path.to_owned(), source })
    })
}
