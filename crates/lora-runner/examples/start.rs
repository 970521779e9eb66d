//! How long it takes from a cold start to the first step on a checkpoint, part by part:
//!
//! ```sh
//! cargo run -p lora-runner --example start -- CHECKPOINT TRAIN_DATA [TEST_DATA]
//! ```
//!
//! TRAIN_DATA is a table of SST-2's form for an encoder and a text for a language model. The parts are what
//! `run` does with the same experiment: it opens the model and turns the data into tokens, makes the digests
//! that name a run, loads the weights, and trains. The last line includes the first batch's gradient, the
//! measurements before it and one update.

use std::error::Error;
use std::time::Instant;

use lora_checkpoint::Checkpoint;
use lora_experiment::experiment::Experiment;
use lora_experiment::experiment::transformer::Task;
use lora_runner::finetune::TransformerEngine;
use lora_sim::spec::{Init, Run};
use lora_sim::{Batch, Engine};
use lora_types::ModelKind;

/// Tokens of the longest sequence.
const CONTEXT: usize = 128;

/// Held-out sequences: few, so that measuring them does not hide the start.
const TEST: usize = 8;

fn experiment(checkpoint: &str, train: &str, test: &str) -> Result<Experiment, Box<dyn Error>> {
    let config = Checkpoint::open(checkpoint.as_ref())?.config;
    let mut e = Experiment::default();
    e.model.kind = ModelKind::Transformer;
    e.model.widths = vec![config.width].into();
    e.model.rank = 8;
    e.training.steps = 1;
    let section = &mut e.transformer;
    section.checkpoint = checkpoint.to_owned();
    section.task = if config.family.is_causal() { Task::NextToken } else { Task::Classify };
    (section.train_data, section.test_data) = (train.to_owned(), test.to_owned());
    (section.context, section.batch, section.test_sequences) = (CONTEXT, 8, TEST);
    Ok(e)
}

fn main() -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (checkpoint, train, test) = match arguments.as_slice() {
        [checkpoint, train] => (checkpoint, train, ""),
        [checkpoint, train, test] => (checkpoint, train, &test[..]),
        _ => return Err("usage: start CHECKPOINT TRAIN_DATA [TEST_DATA]".into()),
    };
    let e = experiment(checkpoint, train, test)?;
    let tell = |what: &str| println!("{:>8.3} s  {what}", started.elapsed().as_secs_f64());
    let engine = TransformerEngine::new(&e)?;
    tell("model opened, data in tokens");
    engine.numerics();
    tell("digests made");
    let mut problem = engine.prepare(&e.model(), e.model.widths[0], 0)?;
    tell("weights loaded: the first step begins");
    let run = Run { init: Init::A, lr: 1e-4, adapter_seed: 0 };
    problem.train(&Batch::new(&e.training(), &[run]))?;
    tell("one step trained and measured");
    Ok(())
}
