//! Arguments of `export-cell`.

use std::path::PathBuf;

use clap::Args;

use super::{EngineChoice, Threads, choices};

/// What follows the arguments.
pub const EXPORT_HELP: &str = "\
Examples:
  width-sweep export-cell --out cell.npz
  width-sweep export-cell mup-readout --width 512 --init B --lr 0.003 --out b.npz
  width-sweep export-cell --steps 20 --set model.activation=tanh --out tanh.npz

FILE opens with numpy.load(FILE). It holds the data, every weight, A and B before and after, all
hyperparameters and the trajectory; docs/replay.md lists the keys. W_h is in it up to the width
model.explicit_hidden_up_to: beyond, H is drawn from its exact law and there is no W_h.";

/// Arguments of `export-cell`. Its flags win over the experiment and over `--set`.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// An experiment file (TOML), or the name of one in experiments/ [default: paper]
    pub experiment: Option<PathBuf>,
    /// n, in place of model.widths
    #[arg(long, value_name = "N", default_value = "128")]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=1 << 31))]
    pub width: u32,
    /// Which factor starts random: A, B or AB
    #[arg(long, value_parser = choices::init(), ignore_case = true, default_value = "A")]
    pub init: lora_types::Init,
    /// Learning rate of A; that of B is training.lr_ratio times it
    #[arg(long, value_name = "η", default_value = "0.01", allow_negative_numbers = true)]
    pub lr: f64,
    /// Seed of data, teacher, student and adapter
    #[arg(long, value_name = "S", default_value = "0")]
    #[arg(value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: u64,
    /// Updates, short for --set training.steps=T [default: the experiment's]
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u32).range(1..=1 << 31))]
    pub steps: Option<u32>,
    /// Readout exponent, short for --set model.readout_exponent=a [default: the experiment's]
    #[arg(long, value_name = "a", value_parser = lora_theory::parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub readout: Option<lora_theory::Rational>,
    /// Change one key of the experiment, such as training.optimizer=sgd; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// What to train on.
    #[command(flatten)]
    pub engine: EngineChoice,
    /// Threads to compute on.
    #[command(flatten)]
    pub threads: Threads,
    /// The file to write, in a directory that exists, or - for standard output; of files that are there
    /// only an earlier export is replaced
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
