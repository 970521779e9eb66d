//! Trains an adapter of PEFT and tells what is recorded, for `tests/record/test_agrees.py`:
//!
//! ```sh
//! cargo run -p lora-transformer --example record <RUN.json
//! ```
//!
//! Standard input is a JSON object: `model` and `adapter` are folders, of a base model for next tokens and of the
//! adapter at the start; `optimizer` is `adamw` or `sgd`, `lr` and `eps` are its constants; `steps` has the sequences
//! of each step's batch, and `probe` those that are measured, as arrays of tokens. Every token is predicted from those
//! before it. Each line of standard output is a JSON object, what one module has at one step.

use std::error::Error;
use std::io::{BufWriter, Write, stdin, stdout};
use std::path::PathBuf;

use lora_checkpoint::{Adapter as OnDisk, Checkpoint, TargetModules};
use lora_transformer::base::Base;
use lora_transformer::batch::{Batch, Sequence, Target};
use lora_transformer::lora::{LoraSpec, Targets};
use lora_transformer::net::Task;
use lora_transformer::optimizer::Rule;
use lora_transformer::peft;
use lora_transformer::record::{After, Before, Compared};
use lora_transformer::run_spec::{RunSpec, Training};
use lora_transformer::trainer::Trainer;
use lora_types::OptimizerKind;
use serde::Deserialize;

#[derive(Deserialize)]
struct Run {
    model: PathBuf,
    adapter: PathBuf,
    optimizer: String,
    lr: f64,
    eps: f64,
    steps: Vec<Vec<Vec<u32>>>,
    probe: Vec<Vec<u32>>,
}

fn sequences(all: &[Vec<u32>]) -> Vec<Sequence> {
    let one = |ids: &Vec<u32>| {
        let next = ids[1..].iter().copied().map(Some).chain([None]);
        Sequence { ids: ids.clone(), target: Target::Next(next.collect()) }
    };
    all.iter().map(one).collect()
}

fn spec(run: &Run, start: &OnDisk) -> Result<RunSpec, Box<dyn Error>> {
    let config = &start.config;
    let TargetModules::Names(names) = &config.target_modules else {
        return Err("the adapter's target_modules is no list".into());
    };
    let kind = match run.optimizer.as_str() {
        "adamw" => OptimizerKind::AdamW,
        "sgd" => OptimizerKind::Sgd,
        other => return Err(format!("optimizer {other}: must be adamw or sgd").into()),
    };
    let lora = LoraSpec {
        targets: Targets::Names(names.clone()),
        rank: config.r,
        alpha: config.lora_alpha,
        rslora: config.use_rslora,
        ..LoraSpec::default()
    };
    let rule = Rule { kind, epsilon: run.eps, ..Rule::default() };
    let training = Training { rule, steps: run.steps.len(), ..Training::default() };
    Ok(RunSpec { lora, lr: run.lr, lora_plus_ratio: 1.0, head: None, training })
}

fn main() -> Result<(), Box<dyn Error>> {
    let run: Run = serde_json::from_reader(stdin().lock())?;
    let base = Base::new(Checkpoint::open(&run.model)?, Task::NextToken, 0)?;
    let on_disk = OnDisk::open(&run.adapter)?;
    let mut trainer = Trainer::new(&base, &spec(&run, &on_disk)?)?;
    (trainer.trained.adapters, trainer.trained.own) = peft::import(&base.net, &on_disk)?;
    let start = trainer.trained.adapters.clone();
    let probe = sequences(&run.probe);
    let probe = Batch::new(&probe);
    let mut to = BufWriter::new(stdout().lock());
    let mut tell = |trainer: &Trainer, before, seen: Before| -> Result<(), Box<dyn Error>> {
        let after = trainer.trained.adapters.clone();
        let compared = Compared { start: start.clone(), before, after };
        let after = trainer.observe(&probe, After::new(compared, seen));
        for record in after.records(&base.net, trainer.trained.step, None) {
            writeln!(to, "{}", serde_json::to_string(&record)?)?;
        }
        Ok(())
    };
    tell(&trainer, start.clone(), Before::new(&base.net))?;
    for step in &run.steps {
        let before = trainer.trained.adapters.clone();
        let seen = trainer.observe(&probe, Before::new(&base.net));
        trainer.step(&[Batch::new(&sequences(step))]);
        tell(&trainer, before, seen)?;
    }
    Ok(to.flush()?)
}
