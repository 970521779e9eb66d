//! Pretrains a small Llama on the bundled text, and leaves a folder for `tests/transformers/own_model.py`:
//!
//! ```sh
//! cargo run -p lora-pretrain --example pretrain -- FOLDER [WIDTH [STEPS]]
//! ```
//!
//! Beside the model the folder gets `sentences.json`, some sentences with their ids, and
//! `logits.safetensors` with logits/K of sentence K. A run that was stopped goes on.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use lora_checkpoint::{Tensor, write_tensors};
use lora_pretrain::{
    Corpus, Outcome, Parametrisation, Pretrained, Progress, Recipe, Saving, TokenizerFiles,
    pretrain, write_folder,
};
use lora_text::{Tokenizer, bundled_text};
use lora_transformer::batch::{Batch, Sequence, Target};
use serde_json::json;

const SENTENCES: [&str; 6] = [
    "The state of the Union is strong.",
    "We the people of the United States, in order to form a more perfect Union,",
    "  Two spaces, a\ttab,\r\nnew lines\n\nand 1,234 digits: 50% of $1.50!",
    "naïve café — 日本語 🙂",
    "I'll say they're don'ts.",
    "a",
];

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (folder, rest) = args.split_first().ok_or("usage: pretrain FOLDER [WIDTH [STEPS]]")?;
    let mut numbers = rest.iter().map(|number| number.parse::<usize>());
    let width = numbers.next().unwrap_or(Ok(64))?;
    let steps = numbers.next().unwrap_or(Ok(400))?;
    let recipe = recipe(width, steps);

    let start = Instant::now();
    let tokenizer = Tokenizer::train(bundled_text(), recipe.vocabulary)?;
    let corpus = Corpus {
        tokens: tokenizer.encode(bundled_text(), false)?,
        tokenizer: TokenizerFiles {
            tokenizer_json: tokenizer.to_json()?,
            config_json: tokenizer.config_json(recipe.context),
        },
    };
    println!("{} tokens after {:.1} s", corpus.tokens.len(), start.elapsed().as_secs_f64());

    let dir = Path::new(folder);
    std::fs::create_dir_all(dir)?;
    let saving = Saving { path: dir.join("pretraining.state"), every: 100 };
    let start = Instant::now();
    let mut tell = |progress: Progress| {
        if progress.step.is_multiple_of(50) {
            let seconds = start.elapsed().as_secs_f64();
            println!("step {}: loss {:.3}, {seconds:.1} s", progress.step, progress.loss);
        }
    };
    match pretrain(&recipe, &corpus, &mut tell, &|| false, Some(&saving))? {
        Outcome::Finished(model) => {
            println!("held-out loss {:.3}, id {}", model.held_out, model.id);
            write_folder(dir, &model, &corpus)?;
            write_logits(dir, &model, &tokenizer)?;
            Ok(std::fs::remove_file(&saving.path)?)
        }
        other => Err(format!("no model: {other:?}").into()),
    }
}

fn recipe(width: usize, steps: usize) -> Recipe {
    Recipe {
        width,
        depth: 2,
        head_dim: 16,
        key_value_heads: None,
        vocabulary: 512,
        context: 64,
        mlp_width: None,
        parametrisation: Parametrisation::MuP { base_width: 64 },
        lr: 1e-2,
        steps,
        batch: 16,
        warmup: 0.05,
        weight_decay: 0.0,
        betas: [0.9, 0.95],
        seed: 1,
    }
}

fn write_logits(
    dir: &Path,
    model: &Pretrained,
    tokenizer: &Tokenizer,
) -> Result<(), Box<dyn Error>> {
    let trainer = model.recipe.trainer(&model.base)?;
    let (mut logits, mut sentences) = (BTreeMap::new(), Vec::new());
    for (index, text) in SENTENCES.iter().enumerate() {
        let ids = tokenizer.encode(text, true)?;
        sentences.push(json!({ "text": text, "ids": ids }));
        let shape = [ids.len().min(model.recipe.context), model.recipe.vocabulary];
        let ids = ids[..shape[0]].to_vec();
        let sequence = Sequence { ids, target: Target::None };
        let values = trainer.outputs(&Batch::new([&sequence])).concat();
        logits.insert(format!("logits/{index}"), Tensor::f32(&shape, values));
    }
    std::fs::write(dir.join("sentences.json"), json!(sentences).to_string())?;
    Ok(write_tensors(&dir.join("logits.safetensors"), &logits)?)
}
