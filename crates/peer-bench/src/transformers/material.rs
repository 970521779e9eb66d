//! The folder of a case, from which all contestants read: weights, adapters at their start, and runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lora_checkpoint::{Checkpoint, Config, Tensor, expected, optional, write_checkpoint};
use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use lora_transformer::base::Base;
use lora_transformer::peft;
use lora_transformer::trainer::Trainer;
use width_sweep::error::CommandError;

use super::case::{Case, Text};
use super::options::Options;
use super::runs::{Runs, Tokens};
use super::texts;

/// Standard deviation of the entries of a table, as `initializer_range` has it.
const TABLE_STD: f32 = 0.02;

/// Writes the folder of a case, and returns its runs.
///
/// # Errors
/// If a text cannot be read or a file cannot be written.
pub fn write(folder: &Path, case: &Case, options: &Options) -> Result<Runs, CommandError> {
    let _ = fs::remove_dir_all(folder);
    let model = folder.join("model");
    write_checkpoint(&model, &case.config, &weights(&case.config), None)
        .map_err(CommandError::failed)?;
    let runs = Runs::new(case.config.family, case.runs.clone(), batches(case, options)?);
    runs.write(folder)?;
    let checkpoint = Checkpoint::open(&model).map_err(CommandError::failed)?;
    let base = Base::new(checkpoint, runs.task(), 0).map_err(CommandError::failed)?;
    for run in &runs.runs {
        let adapter = folder.join(format!("adapter-{}", run.init.key()));
        if !adapter.exists() {
            let spec = runs.spec(*run);
            let trainer = Trainer::new(&base, &spec).map_err(CommandError::failed)?;
            let exported = peft::export(&base, &trainer.trained, &spec.lora, "model");
            exported.write(&adapter).map_err(CommandError::failed)?;
        }
    }
    Ok(runs)
}

/// Random weights of the usual sizes: no time depends on them.
fn weights(config: &Config) -> BTreeMap<String, Tensor> {
    let all = expected(config).into_iter().chain(optional(config)).enumerate();
    all.map(|(index, (name, shape))| {
        let mut values = vec![0.0; shape.iter().product()];
        match shape[..] {
            [_, columns] => {
                let fan_in = 1.0 / (columns as f32).sqrt();
                let std = if name.contains("embed") { TABLE_STD } else { fan_in };
                let stream = Stream::new(0, index, Purpose::BaseWeights);
                for (row, values) in values.chunks_mut(columns).enumerate() {
                    fill_row(&stream, row, std, values);
                }
            }
            _ if name.ends_with("bias") => (),
            _ => values.fill(1.0),
        }
        let tensor = Tensor::f32(&shape, values);
        (name, tensor)
    })
    .collect()
}

fn batches(case: &Case, options: &Options) -> Result<Vec<Vec<Tokens>>, CommandError> {
    let (sizes, config) = (case.sizes, &case.config);
    let (Some(text), Some(texts), Some(models)) = (case.text, &options.texts, &options.models)
    else {
        return Ok(texts::random(sizes, config.vocabulary, config.labels));
    };
    match text {
        Text::Sst2 => {
            let (table, model) = (texts.join("sst2-train.tsv"), models.join("minilm"));
            texts::sst2(&table, &model, sizes.steps, sizes.batch)
        }
        Text::WikiText2 => {
            let file = texts.join("wikitext2-valid.txt");
            texts::wikitext(&file, &gguf(&models.join("smollm2"))?, sizes)
        }
    }
}

/// The one GGUF file of a folder.
fn gguf(folder: &Path) -> Result<PathBuf, CommandError> {
    let entries = fs::read_dir(folder).map_err(|error| CommandError::file(folder, error))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files = paths.filter(|path| path.extension().is_some_and(|ending| ending == "gguf"));
    let missing = || CommandError::Failed(format!("{} has no GGUF file", folder.display()));
    files.next().ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::super::shapes;
    use super::*;

    #[test]
    fn weights_are_complete_and_gains_are_one() {
        for config in [shapes::llama(64), shapes::bert(48, 1, 60)] {
            let weights = weights(&config);
            assert!(expected(&config).iter().all(|(name, shape)| weights[name].shape == *shape));
            let gains = weights
                .iter()
                .filter(|(name, one)| name.ends_with("orm.weight") && one.shape.len() == 1);
            assert!(gains.map(|(_, one)| one.to_f32()[0]).all(|gain| gain == 1.0));
        }
    }
}
