//! Arguments of `diagnose`.

use std::path::PathBuf;

use clap::Args;
use lora_diagnosis::{DiagnoseRequest, TrainingAsked};

use super::transfer::positive;

/// What follows the arguments.
pub const DIAGNOSE_HELP: &str = "\
Each DIR holds adapter_config.json and adapter_model.safetensors, as PEFT saves them. For each adapted module
it prints norms and the spectrum of s B A, which factor started at zero, and how far both have moved. It says
what is taken for granted, and what an adapter alone does not tell.

With --lr and --steps it compares the movements with what Adam without weight decay could do at most.

Examples:
  width-sweep diagnose adapter
  width-sweep diagnose rank-8 rank-64 --out diagnosed    side by side, with a figure and a table
  width-sweep diagnose adapter --lr 2e-4 --steps 1000 --json

Exit codes: 0 done; 1 something failed; 2 the request or an adapter is at fault, and nothing was written.";

/// Arguments of `diagnose`.
#[derive(Clone, Debug, Args)]
pub struct DiagnoseArgs {
    /// Folders of trained adapters
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// Write diagnosis.json, modules.csv and a figure into this directory
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// The learning rate of the training, of A with LoRA+; the largest one of a schedule
    #[arg(long, value_name = "η", value_parser = positive, allow_hyphen_values = true, requires = "steps")]
    pub lr: Option<f64>,
    /// Its optimiser steps
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u32).range(1..=1_000_000_000), requires = "lr")]
    pub steps: Option<u32>,
    /// η_B/η_A of LoRA+, PEFT's loraplus_lr_ratio
    #[arg(long, value_name = "λ", value_parser = positive, allow_hyphen_values = true, requires = "lr")]
    #[arg(default_value = "1")]
    pub lr_ratio: f64,
    /// Adam's β1 and β2
    #[arg(long, value_name = "β1,β2", value_parser = betas, requires = "lr", default_value = "0.9,0.999")]
    pub betas: Betas,
}

/// β1 and β2.
#[derive(Clone, Copy, Debug)]
pub struct Betas(pub [f64; 2]);

impl From<&DiagnoseArgs> for DiagnoseRequest {
    fn from(arguments: &DiagnoseArgs) -> Self {
        let DiagnoseArgs { dirs, lr, steps, lr_ratio, betas, .. } = arguments;
        let training = lr.zip(*steps);
        let training =
            training.map(|(lr, steps)| TrainingAsked::new(lr, steps, *lr_ratio, betas.0));
        Self { dirs: dirs.clone(), training }
    }
}

/// Two numbers with a comma. β2 = 0 leaves an update without a bound.
fn betas(text: &str) -> Result<Betas, String> {
    let numbers: Vec<f64> =
        text.split(',').map_while(|number| number.trim().parse().ok()).collect();
    match numbers[..] {
        [beta1, beta2] if (0.0..1.0).contains(&beta1) && beta2 > 0.0 && beta2 < 1.0 => {
            Ok(Betas([beta1, beta2]))
        }
        _ => Err("must be two numbers from 0 to below 1, the second above 0, such as 0.9,0.999"
            .to_owned()),
    }
}
