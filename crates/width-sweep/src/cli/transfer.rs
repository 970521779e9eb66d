//! Arguments of `transfer`.

use std::path::PathBuf;

use clap::Args;
use lora_advice::numbers;
use lora_advice::transfer::{CarriedLr, Multiplier, Rule, TransferRequest};
use lora_theory::{Rational, parse_rational};
use lora_types::{Init, OptimizerKind};

use super::choices;

/// What neither a run nor a solved limit knows: each has one rank and one alpha.
const OF_OTHERS: [&str; 10] = [
    "from_rank",
    "to_rank",
    "multiplier",
    "from_alpha",
    "to_alpha",
    "rslora",
    "lora_plus_ratio",
    "to_lora_plus_ratio",
    "rank_exponent",
    "rank_exponent_interval",
];

/// What follows the arguments.
pub const TRANSFER_HELP: &str = "\
How a learning rate is carried to another width or rank:
- Between the smallest and the largest one that `verify` measured in that setting, it is interpolated
  between the measured ones.
- Beyond them, it follows the fitted power. The range then holds the fit's interval and the local slope
  at the nearest end, so it widens with the distance. Where the measurements are no power law, there is
  no answer beyond them.
- In a setting without measurements, it follows the theory's power.
- An exponent of your own, or a public rule's, replaces all of these.
With --from-run, the widths of a finished run take the place of those that `verify` measured, and nothing
but the width changes. Without --from-lr it starts from the run's own LR at its nearest width.
With --limit no LR has to be known: the limit n → ∞ that `limit` solved gives the synthetic network's own,
η = c n^γ.
Alpha and LoRA+'s ratio follow the theory's powers. That the given LR is itself right is taken for
granted.

Examples:
  width-sweep transfer --from-width 1024 --from-lr 2e-4 --to-width 8192
  width-sweep transfer --from-width 1024 --from-lr 2e-4 --to-width 8192 --init B --readout 1
  width-sweep transfer --from-width 512 --from-lr 0.02 --to-width 4096 --goal stable
  width-sweep transfer --from-width 2048 --from-lr 1e-4 --from-rank 8 --to-rank 64 --multiplier sqrt
  width-sweep transfer --from-width 4096 --from-lr 2e-4 --from-rank 8 --to-rank 64 --from-alpha 16 \\
      --to-alpha 32
  width-sweep transfer --from-width 1024 --from-lr 2e-4 --to-width 65536 --exponent -0.62 \\
      --exponent-interval -0.7,-0.55
  width-sweep transfer --from-width 1024 --from-lr 2e-4 --to-lora-plus-ratio 16
  width-sweep transfer --from-run runs/transformer-widths --to-width 1024
  width-sweep transfer --from-width 2048 --from-lr 3e-4 --to-width 4096 --rule tinker-llama
  width-sweep transfer --limit --to-width 8192 --readout 1

Exit codes: 0 done; 2 the request is at fault, or no answer to it is safe.";

/// Arguments of `transfer`.
#[derive(Clone, Debug, Args)]
pub struct TransferArgs {
    /// Width n of the model whose LR is known
    #[arg(long, value_name = "n", value_parser = choices::widths())]
    #[arg(required_unless_present_any = ["from_run", "limit"], requires = "from_lr")]
    pub from_width: Option<u32>,
    /// Its LR, which is taken to be right; of A where the two factors have different ones
    #[arg(long, value_name = "η", value_parser = numbers::learning_rate, allow_hyphen_values = true)]
    #[arg(required_unless_present_any = ["from_run", "limit"], requires = "from_width")]
    pub from_lr: Option<f64>,
    /// The directory of a finished run, whose η_opt and η_stable say how the LR goes with the width
    #[arg(long, value_name = "DIR", requires = "to_width", conflicts_with_all = OF_OTHERS)]
    #[arg(conflicts_with_all = ["readout", "optimizer"])]
    pub from_run: Option<PathBuf>,
    /// The LR of the synthetic network itself, from a directory that `limit` wrote [without DIR: the
    /// constants of paper, which come with the program]
    #[arg(long, value_name = "DIR", num_args = 0..=1, requires = "to_width")]
    #[arg(conflicts_with_all = OF_OTHERS)]
    #[arg(conflicts_with_all = ["from_width", "from_lr", "from_run", "exponent", "exponent_interval", "rule"])]
    pub limit: Option<Option<PathBuf>>,
    /// Width of the model to carry it to [default: the same]
    #[arg(long, value_name = "n", value_parser = choices::widths())]
    pub to_width: Option<u32>,
    /// LoRA rank r of the first model
    #[arg(long, value_name = "r", default_value = "4")]
    #[arg(value_parser = choices::ranks())]
    pub from_rank: u32,
    /// LoRA rank of the other [default: the same]
    #[arg(long, value_name = "r", value_parser = choices::ranks())]
    pub to_rank: Option<u32>,
    /// How the multiplier s goes with the rank [default: inverse]
    #[arg(long, value_parser = choices::multipliers())]
    pub multiplier: Option<Multiplier>,
    /// PEFT's lora_alpha of the first model: s = alpha/r, or alpha/√r with --rslora
    #[arg(long, value_name = "α", value_parser = numbers::moderate, allow_hyphen_values = true)]
    pub from_alpha: Option<f64>,
    /// lora_alpha of the other [default: the same]
    #[arg(long, value_name = "α", value_parser = numbers::moderate, allow_hyphen_values = true)]
    pub to_alpha: Option<f64>,
    /// Both models have s = alpha/√r (PEFT's use_rslora)
    #[arg(long)]
    pub rslora: bool,
    /// LoRA+'s ratio η_B/η_A of the first model (PEFT's loraplus_lr_ratio) [default: 1]
    #[arg(long, value_name = "λ", value_parser = numbers::moderate, allow_hyphen_values = true)]
    pub lora_plus_ratio: Option<f64>,
    /// η_B/η_A of the other model [default: the same]
    #[arg(long, value_name = "λ", value_parser = numbers::moderate, allow_hyphen_values = true)]
    pub to_lora_plus_ratio: Option<f64>,
    /// Your own exponent of the width, such as -1/2 or -0.62, instead of ours
    #[arg(long, value_name = "γ", value_parser = numbers::exponent, allow_hyphen_values = true)]
    pub exponent: Option<Rational>,
    /// Its interval
    #[arg(long, value_name = "LOW,HIGH", value_parser = interval, allow_hyphen_values = true)]
    pub exponent_interval: Option<[Rational; 2]>,
    /// A public rule for the best LR of transformers, instead of an exponent of your own: that of tinker-cookbook
    /// for Llama, n^-0.781, or for Qwen, n^-0.0775
    #[arg(long, value_parser = choices::rules(), requires = "to_width")]
    #[arg(conflicts_with_all = ["exponent", "exponent_interval"])]
    pub rule: Option<Rule>,
    /// Your own exponent of the rank
    #[arg(long, value_name = "x", value_parser = numbers::exponent, allow_hyphen_values = true)]
    pub rank_exponent: Option<Rational>,
    /// Its interval
    #[arg(long, value_name = "LOW,HIGH", value_parser = interval, allow_hyphen_values = true)]
    pub rank_exponent_interval: Option<[Rational; 2]>,
    /// Which factor starts random: A, B or AB
    #[arg(long, value_parser = choices::init(), ignore_case = true, default_value = "A")]
    pub init: Init,
    /// Whether the LR is the one that trains best, or the largest with Z_B = O(1)
    #[arg(long, value_parser = choices::goals(), default_value = "optimal")]
    pub goal: CarriedLr,
    /// Readout exponent a in W_out ~ N(0, n^-2a): 1/2 is standard, 1 is muP
    #[arg(long, value_name = "a", default_value = "1/2", value_parser = parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub readout: Rational,
    /// Update rule
    #[arg(long, value_parser = choices::optimizer(), default_value = "adam")]
    pub optimizer: OptimizerKind,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

impl From<&TransferArgs> for TransferRequest {
    fn from(arguments: &TransferArgs) -> Self {
        let TransferArgs {
            from_width,
            from_lr,
            to_width,
            from_rank,
            to_rank,
            multiplier,
            from_alpha,
            to_alpha,
            rslora,
            lora_plus_ratio,
            to_lora_plus_ratio,
            exponent,
            exponent_interval,
            rank_exponent,
            rank_exponent_interval,
            init,
            goal,
            readout,
            optimizer,
            rule,
            from_run: _,
            limit: _,
            json: _,
        } = *arguments;
        Self {
            from_width: from_width.unwrap_or_default(),
            from_lr: from_lr.unwrap_or_default(),
            to_width,
            from_rank,
            to_rank,
            multiplier,
            from_alpha,
            to_alpha,
            rslora,
            lora_plus_ratio,
            to_lora_plus_ratio,
            exponent,
            exponent_interval,
            rank_exponent,
            rank_exponent_interval,
            init,
            goal,
            readout,
            optimizer,
            rule,
            run: None,
            from_interval: None,
        }
    }
}

fn interval(text: &str) -> Result<[Rational; 2], String> {
    let ends = text.split_once(',').ok_or("must be two exponents, such as -0.7,-0.5")?;
    numbers::interval(ends.0, ends.1)
}
