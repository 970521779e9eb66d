//! `export-cell`: one run with all that it takes to replay it elsewhere, in one `.npz` file.

use lora_sim::SimError;
use lora_sim::spec::Run;

use crate::cli::{ExportArgs, mistaken};
use crate::error::CommandError;
use crate::out_file;
use crate::threads::pool;
use lora_experiment::error::ExperimentError;
use lora_experiment::experiment::{Loaded, Source, load};
use lora_experiment::numbers::short;
use lora_runner::cell_export::train_and_write;
use lora_runner::engine;
use lora_runner::progress::tell;
use lora_store::cell_archive;

/// Trains the run and writes the file. Everything that can be refused is refused before.
pub fn export_cell(arguments: &ExportArgs) -> Result<String, CommandError> {
    pool(arguments.threads)?.install(|| export(arguments))
}

fn export(arguments: &ExportArgs) -> Result<String, CommandError> {
    mistaken::refuse_command(arguments.experiment.as_deref())?;
    let loaded = load(&source(arguments))?;
    if loaded.study.transformer().is_some() {
        let valid = r#"must be "synthetic": export-cell writes a run of the synthetic model"#;
        return Err(ExperimentError::from(loaded.key_error("model.kind", valid)).into());
    }
    if !loaded.experiment.is_bare() {
        let (key, _) = loaded.experiment.model().ingredients.first().unwrap_or_default();
        let key = if key.is_empty() { "training.batch".to_owned() } else { format!("model.{key}") };
        let valid = "must be left at its default: export-cell writes a run of the bare layer";
        return Err(ExperimentError::from(loaded.key_error(&key, valid)).into());
    }
    let run = Run { init: arguments.init, lr: arguments.lr, adapter_seed: arguments.seed };
    run.check(&loaded.experiment.training()).map_err(|error| refused(arguments, &error))?;
    let chosen = engine::choose_for(arguments.engine.engine, &loaded)?;
    let output = out_file::open(&arguments.out, &cell_archive::KIND)?;
    chosen.announcement().iter().for_each(|line| tell(line));
    let Loaded { name, experiment, .. } = loaded;
    let losses = train_and_write(&experiment, run, chosen.engine.as_ref(), &output)?;
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    Ok(out_file::told(
        &output,
        &format!(
            "{}: {name}, {} at n = {}, η = {}, seed {}: loss {first:.4} to {last:.4} in {} steps",
            arguments.out.display(),
            run.init.label(),
            arguments.width,
            short(run.lr),
            arguments.seed,
            losses.len() - 1,
        ),
    ))
}

/// The experiment with this run's width, init and seed as the only ones.
fn source(arguments: &ExportArgs) -> Source {
    let mut set = arguments.set.clone();
    set.push(format!("model.widths=[{}]", arguments.width));
    set.push(format!("training.inits=[{:?}]", arguments.init.key()));
    set.push(format!("training.seeds=[{}]", arguments.seed));
    // The experiment's own may not be among the widths any more.
    set.push("figures.norm_widths=[]".to_owned());
    set.extend(arguments.steps.map(|steps| format!("training.steps={steps}")));
    set.extend(arguments.readout.map(|a| format!("model.readout_exponent=\"{a}\"")));
    Source { file: arguments.experiment.clone(), set, quick: false }
}

fn refused(arguments: &ExportArgs, error: &SimError) -> CommandError {
    let valid = match error {
        SimError::Invalid { valid, .. } => format!("must be {valid}, for B as for A"),
        other => other.to_string(),
    };
    CommandError::Usage(format!("--lr {:?}: {valid}", arguments.lr))
}
