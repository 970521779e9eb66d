//! Arguments of `advise`.

use std::path::PathBuf;

use clap::Args;
use lora_advice::advise::{AdviseRequest, ConfigSource, KnownRate};
use lora_advice::numbers::learning_rate;
use lora_advice::transfer::CarriedLr;
use lora_theory::{Rational, parse_rational};

use super::choices;

/// What follows the arguments.
pub const ADVISE_HELP: &str = "\
It reads the two configurations alone, and no weights. A config gives the init and the shapes; a learning
rate needs one that is known to be good for another config: with another rank, alpha or rsLoRA, or on
another base of the same family.

Examples:
  width-sweep advise --peft adapter --model llama-1b
  width-sweep advise --peft r64.json --model llama-8b/config.json --from-peft r8.json --from-lr 2e-4
  width-sweep advise --peft adapter --model llama-8b --from-model llama-1b --from-lr 2e-4 --json

Exit codes: 0 done; 2 a file is at fault, or nothing can be said of it.";

/// Arguments of `advise`.
#[derive(Clone, Debug, Args)]
pub struct AdviseArgs {
    /// PEFT's adapter_config.json, or the folder that holds it
    #[arg(long, value_name = "PATH")]
    pub peft: PathBuf,
    /// The base model's config.json, or the folder that holds it
    #[arg(long, value_name = "PATH")]
    pub model: PathBuf,
    /// The adapter_config.json for which a learning rate is known [default: the same]
    #[arg(long, value_name = "PATH", requires = "from_lr")]
    pub from_peft: Option<PathBuf>,
    /// The config.json of the base for which it is known [default: the same]
    #[arg(long, value_name = "PATH", requires = "from_lr")]
    pub from_model: Option<PathBuf>,
    /// That learning rate, which is taken to be right
    #[arg(long, value_name = "η", value_parser = learning_rate, allow_hyphen_values = true)]
    pub from_lr: Option<f64>,
    /// Whether it is the one that trains best, or the largest with Z_B = O(1)
    #[arg(long, value_parser = choices::goals(), default_value = "optimal")]
    pub goal: CarriedLr,
    /// Readout exponent a in W_out ~ N(0, n^-2a): 1/2 is standard, 1 is muP
    #[arg(long, value_name = "a", default_value = "1/2", value_parser = parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub readout: Rational,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

impl From<&AdviseArgs> for AdviseRequest {
    fn from(arguments: &AdviseArgs) -> Self {
        let AdviseArgs { peft, model, from_peft, from_model, from_lr, goal, readout, json: _ } =
            arguments.clone();
        let known = |lr| KnownRate {
            peft: from_peft.map(ConfigSource::File),
            model: from_model.map(ConfigSource::File),
            lr,
        };
        let (peft, model) = (ConfigSource::File(peft), ConfigSource::File(model));
        Self { peft, model, from: from_lr.map(known), goal, readout }
    }
}
