//! A small fixed training of a transformer whose instructions `.ci/instructions` counts.
//!
//! Usage: fixed_transformer SET STEPS, where SET is the instruction set that must be in use, such as avx2.
//! Exit codes: 0 for success, 2 for bad arguments, 3 if this machine uses another instruction set.

use std::process::ExitCode;

use lora_pretrain::{Parametrisation, Recipe};
use lora_transformer::base::Base;
use lora_transformer::batch::Sequence;
use lora_transformer::instruction_set;
use lora_transformer::lora::{LoraSpec, Targets};
use lora_transformer::run_spec::{RunSpec, Training};
use lora_transformer::trainer::Trainer;

const VOCABULARY: usize = 128;
const CONTEXT: usize = 64;
const SEQUENCES: usize = 4;

/// A Llama of two blocks with n = 64 and two query heads for each key, at its start.
fn base() -> Base {
    let recipe = Recipe {
        width: 64,
        depth: 2,
        head_dim: 16,
        key_value_heads: Some(2),
        vocabulary: VOCABULARY,
        context: CONTEXT,
        mlp_width: None,
        parametrisation: Parametrisation::Standard,
        lr: 1e-3,
        steps: 1,
        batch: SEQUENCES,
        warmup: 0.0,
        weight_decay: 0.0,
        betas: [0.9, 0.999],
        seed: 0,
    };
    recipe.initial().expect("a good recipe")
}

/// The last loss of a run with LoRA of rank 8 on every linear module, on two slices of two sequences.
fn train(steps: usize) -> f64 {
    let base = base();
    let lora =
        LoraSpec { targets: Targets::AllLinear, alpha: 16.0, seed: 1, ..LoraSpec::default() };
    let training = Training { steps, ..Training::default() };
    let spec = RunSpec { lora, lr: 1e-3, lora_plus_ratio: 1.0, head: None, training };
    let mut trainer = Trainer::new(&base, &spec).expect("a good run");
    let text = |index: usize| {
        let id = |place: usize| ((index * 97 + place * 31) % VOCABULARY) as u32;
        Sequence::text((0..CONTEXT).map(id).collect())
    };
    let sequences: Vec<Sequence> = (0..SEQUENCES).map(text).collect();
    let mut step = || trainer.step(&[base.batch(&sequences).expect("good sequences")]).loss;
    (0..steps).map(|_| step()).last().unwrap_or(f64::NAN)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [set, steps] = arguments.as_slice() else {
        eprintln!("usage: fixed_transformer SET STEPS");
        return ExitCode::from(2);
    };
    let Ok(steps) = steps.parse() else {
        eprintln!("{steps}: must be a number of steps");
        return ExitCode::from(2);
    };
    let used = instruction_set();
    if !used.eq_ignore_ascii_case(set) {
        eprintln!("{set}: this machine uses {used}");
        return ExitCode::from(3);
    }
    // On this thread alone: the count would include threads that wait for work.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let pool = pool.expect("no pool has this thread yet");
    println!("{}", pool.install(|| train(steps)));
    ExitCode::SUCCESS
}
