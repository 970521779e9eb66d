//! Arguments of `predict`.

use std::path::PathBuf;

use clap::Args;
use lora_advice::numbers::std_exponent;
use lora_theory::{Exponent, Rational, parse_rational};
use lora_types::{Factor, Init, OptimizerKind};

use super::choices;

/// What follows the arguments.
pub const PREDICT_HELP: &str = "\
Every exponent is exact: write an integer, a fraction such as -3/4, or a decimal.

Examples:
  width-sweep predict                              both inits with the standard readout, Adam
  width-sweep predict --train B --init A           LoRA-FA, which trains B alone
  width-sweep predict --lr-ratio-exponent 1        LoRA+, with η_B = n η_A
  width-sweep predict --lr-a-exponent -1 --lr-b-exponent 0
                                                   everything at η_A = n^-1 and η_B = 1
  width-sweep predict --rank-exponent 1/2 --multiplier-rank 1
                                                   a rank r = n^1/2 with s = 1/r
  width-sweep predict --std-a-exponent -1/2 --std-b-exponent -1
                                                   another size of the initial entries
  width-sweep predict --readout 1 --width 8192      the LR itself at n = 8192, of the synthetic network
  width-sweep predict --limit runs/limit           the same from a limit of one's own
  width-sweep predict --json                       all that is known, for programs

Where the limit n → ∞ of the setting was solved, the answer ends with η = c n^γ for the synthetic network.

Exit codes: 0 done; 2 the request is at fault.";

/// Arguments of `predict`.
#[derive(Clone, Debug, Args)]
pub struct PredictArgs {
    /// One initialisation only: A, B or AB [default: A and B]
    #[arg(long, value_parser = choices::init(), ignore_case = true)]
    pub init: Option<Init>,
    /// Instead of an init: standard deviation n^x of the entries of A_0, or "zero" for zeros
    #[arg(long, value_name = "x", value_parser = std_exponent, allow_hyphen_values = true)]
    #[arg(requires = "std_b_exponent", conflicts_with = "init")]
    pub std_a_exponent: Option<Exponent>,
    /// Instead of an init: standard deviation n^x of the entries of B_0, or "zero" for zeros
    #[arg(long, value_name = "x", value_parser = std_exponent, allow_hyphen_values = true)]
    #[arg(requires = "std_a_exponent", conflicts_with = "init")]
    pub std_b_exponent: Option<Exponent>,
    /// Readout exponent a in W_out ~ N(0, n^-2a): 1/2 is standard, 1 is muP
    #[arg(long, value_name = "a", default_value = "1/2", value_parser = parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub readout: Rational,
    /// Update rule
    #[arg(long, value_parser = choices::optimizer(), default_value = "adam")]
    pub optimizer: OptimizerKind,
    /// The factors that train; the other one stays as drawn
    #[arg(long, value_parser = choices::factor(), ignore_case = true)]
    #[arg(value_delimiter = ',', default_value = "A,B")]
    pub train: Vec<Factor>,
    /// Show everything at η = n^γ, such as -3/4, instead of at the critical exponents
    #[arg(long, value_name = "γ", value_parser = parse_rational, allow_hyphen_values = true)]
    pub lr_exponent: Option<Rational>,
    /// A larger learning rate for B, η_A = η and η_B = n^λ η, as in LoRA+
    #[arg(long, value_name = "λ", value_parser = parse_rational, allow_hyphen_values = true)]
    #[arg(conflicts_with_all = ["lr_a_exponent", "lr_b_exponent"])]
    pub lr_ratio_exponent: Option<Rational>,
    /// Fix the learning rate of A at η_A = n^γ_A
    #[arg(long, value_name = "γ_A", value_parser = parse_rational, allow_hyphen_values = true)]
    pub lr_a_exponent: Option<Rational>,
    /// Fix the learning rate of B at η_B = n^γ_B
    #[arg(long, value_name = "γ_B", value_parser = parse_rational, allow_hyphen_values = true)]
    pub lr_b_exponent: Option<Rational>,
    /// ρ in the rank r = n^ρ, from 0 (a fixed rank) to 1
    #[arg(long, value_name = "ρ", default_value = "0", value_parser = parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub rank_exponent: Rational,
    /// τ in the multiplier s = n^σ r^-τ: 1 for α/r, 1/2 for rsLoRA's α/√r, 0 for a constant
    #[arg(long, value_name = "τ", default_value = "0", value_parser = parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub multiplier_rank: Rational,
    /// σ in the multiplier s = n^σ r^-τ
    #[arg(long, value_name = "σ", default_value = "0", value_parser = parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub multiplier_width: Rational,
    /// Symbolic steps; more than the default matter for SGD alone
    #[arg(long, value_name = "T", default_value_t = lora_theory::DEFAULT_STEPS)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(lora_theory::MAX_STEPS)))]
    pub steps: u32,
    /// The LoRA layer alone, with an outside backward signal of order one, as in Theorems 1 and 2
    #[arg(long, conflicts_with = "readout")]
    pub layer: bool,
    /// A directory that `limit` wrote, whose constants give the LR itself [default: those of paper, which
    /// come with the program]
    #[arg(long, value_name = "DIR", conflicts_with = "lr_exponent")]
    pub limit: Option<PathBuf>,
    /// The width at which they give it [default: the one that the limit is coupled to]
    #[arg(long, value_name = "n", value_parser = choices::widths(), conflicts_with = "lr_exponent")]
    pub width: Option<u32>,
    /// Print JSON: a list with one entry for each initialisation, exponents as exact fractions
    #[arg(long)]
    pub json: bool,
}
