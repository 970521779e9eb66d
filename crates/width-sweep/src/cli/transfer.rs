//! Arguments of `transfer`.

use clap::{Args, ValueEnum};

use super::InitName;
use crate::experiment::OptimizerName;

/// What follows the arguments.
pub const TRANSFER_HELP: &str = "\
A learning rate is carried by a power: η' = η (n'/n)^γ (r'/r)^x, with γ and x as `verify` measured them
where it did, and as the theory has them elsewhere. An interval holds the measured exponents at 95%;
that the given LR is itself right is taken for granted.

Examples:
  width-sweep transfer --from-width 1024 --from-lr 2e-4 --to-width 8192
  width-sweep transfer --from-width 1024 --from-lr 2e-4 --to-width 8192 --init B --readout 1
  width-sweep transfer --from-width 2048 --from-lr 1e-4 --from-rank 8 --to-rank 64 --multiplier sqrt
  width-sweep transfer --from-width 512 --from-lr 0.02 --to-width 4096 --goal stable

Exit codes: 0 done; 2 the request is at fault.";

/// Arguments of `transfer`.
#[derive(Clone, Debug, Args)]
pub struct TransferArgs {
    /// Width n of the model whose LR is known
    #[arg(long, value_name = "n", value_parser = clap::value_parser!(u32).range(2..=1 << 31))]
    pub from_width: u32,
    /// Its LR, which is taken to be right
    #[arg(long, value_name = "η", value_parser = positive, allow_hyphen_values = true)]
    pub from_lr: f64,
    /// Width of the model to carry it to [default: the same]
    #[arg(long, value_name = "n", value_parser = clap::value_parser!(u32).range(2..=1 << 31))]
    pub to_width: Option<u32>,
    /// LoRA rank r of the first model
    #[arg(long, value_name = "r", default_value = "4")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1 << 16))]
    pub from_rank: u32,
    /// LoRA rank of the other [default: the same]
    #[arg(long, value_name = "r", value_parser = clap::value_parser!(u32).range(1..=1 << 16))]
    pub to_rank: Option<u32>,
    /// Which factor starts random: A, B or AB
    #[arg(long, value_enum, ignore_case = true, default_value = "A")]
    pub init: InitName,
    /// Whether the LR is the one that trains best, or the largest with Z_B = O(1)
    #[arg(long, value_enum, default_value = "optimal")]
    pub goal: Goal,
    /// How the multiplier s goes with the rank
    #[arg(long, value_enum, default_value = "inverse")]
    pub multiplier: Multiplier,
    /// Readout exponent a in W_out ~ N(0, n^-2a): 1/2 is standard, 1 is muP
    #[arg(long, value_name = "a", default_value = "1/2", value_parser = lora_theory::parse_rational)]
    pub readout: lora_theory::Rational,
    /// Update rule
    #[arg(long, value_enum, default_value = "adam")]
    pub optimizer: OptimizerName,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Which learning rate is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Goal {
    /// The LR that trains best, η_opt
    Optimal,
    /// The largest LR at which Z_B stays O(1), η_stable
    Stable,
}

/// s as a function of the rank, all else equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Multiplier {
    /// s stays
    Constant,
    /// s = α/√r with α fixed, as rsLoRA has it
    Sqrt,
    /// s = α/r with α fixed, as LoRA has it
    Inverse,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        _ => Err("must be a finite number above 0, such as 2e-4".to_owned()),
    }
}
