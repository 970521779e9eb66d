//! Arguments of `diagnose`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedI64ValueParser;
use lora_advice::numbers;
use lora_diagnosis::stated::{STEPS, betas, weight_decay};
use lora_diagnosis::{DiagnoseRequest, TrainingAsked};

use crate::error::CommandError;

/// What follows the arguments.
pub const DIAGNOSE_HELP: &str = "\
Each DIR holds adapter_config.json and adapter_model.safetensors, as PEFT saves them. For each adapted module
it prints norms and the spectrum of s B A, which factor started at zero, and how far both have moved. It says
what is taken for granted, and what an adapter alone does not tell.

With --lr and --steps it compares the movements with what Adam could do at most; --weight-decay is AdamW's.

Examples:
  width-sweep diagnose adapter
  width-sweep diagnose rank-8 rank-64 --out diagnosed    side by side, with a page and a table
  width-sweep diagnose adapter --lr 2e-4 --steps 1000 --json

Exit codes: 0 done; 1 something failed; 2 the request or an adapter is at fault, and nothing was written.";

/// Arguments of `diagnose`.
#[derive(Clone, Debug, Args)]
pub struct DiagnoseArgs {
    /// Folders of trained adapters
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// Write diagnosis.json, modules.csv, a figure and a page into this directory
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// The learning rate of the training, of A with LoRA+; the largest one of a schedule
    #[arg(long, value_name = "η", value_parser = numbers::learning_rate, allow_hyphen_values = true, requires = "steps")]
    pub lr: Option<f64>,
    /// Its optimiser steps
    #[arg(long, value_name = "T", value_parser = steps(), requires = "lr")]
    pub steps: Option<u32>,
    /// η_B/η_A of LoRA+, PEFT's loraplus_lr_ratio
    #[arg(long, value_name = "RATIO", value_parser = numbers::learning_rate, allow_hyphen_values = true, requires = "lr")]
    #[arg(default_value = "1")]
    pub lr_ratio: f64,
    /// Adam's β1 and β2
    #[arg(long, value_name = "β1,β2", value_parser = betas, requires = "lr", default_value = "0.9,0.999")]
    pub betas: [f64; 2],
    /// AdamW's decoupled weight decay of both factors
    #[arg(long, value_name = "λ", value_parser = weight_decay, allow_hyphen_values = true, requires = "lr")]
    #[arg(default_value = "0")]
    pub weight_decay: f64,
}

impl TryFrom<&DiagnoseArgs> for DiagnoseRequest {
    type Error = CommandError;

    fn try_from(arguments: &DiagnoseArgs) -> Result<Self, CommandError> {
        let DiagnoseArgs { dirs, lr, steps, lr_ratio, betas, weight_decay, .. } = arguments;
        let stated = lr.zip(*steps).map(|(lr, steps)| {
            let plain = TrainingAsked::new(lr, steps, *lr_ratio, *betas);
            plain.with_weight_decay(*weight_decay)
        });
        let too_much =
            |error| CommandError::Usage(format!("--weight-decay {weight_decay}: {error}"));
        Ok(Self { dirs: dirs.clone(), training: stated.transpose().map_err(too_much)? })
    }
}

fn steps() -> RangedI64ValueParser<u32> {
    RangedI64ValueParser::new().range(i64::from(*STEPS.start())..=i64::from(*STEPS.end()))
}
