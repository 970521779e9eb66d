//! Arguments of `judge`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use lora_judge::numbers::{above_zero, finite, share};
use lora_theory::{Rational, parse_rational};
use lora_types::{Factor, Init, OptimizerKind};

use super::choices;

/// What follows the arguments.
pub const JUDGE_HELP: &str = "\
TABLE has a row for each run, with the width, the learning rate and the loss. It may have the init, the
seed, the rank, the module, the step and sizes of features too. Columns are found by their usual names, as
they come from Weights & Biases (config.lr, summary.loss) and MLflow (params.lr, metrics.loss) too; the
flags --*-column name others. A run without a finite loss has diverged. Of a run with several steps, the
last one counts. What a tracker keeps as a setting (config.lr) counts before what it logs (metrics.lr).

Each rank, each module and each value of a --by column is judged separately. Predictions are compared if
one of the flags under \"The theory's setting\" states the setting; the others then have the values that
`predict` has.

With --coordinate-check, TABLE has sizes (za, zb, delta1, l1, or the --size columns) instead of losses. The
exponent of every size in the width is fitted at each step.

Examples:
  width-sweep judge sweep.csv                      exponents, intervals and the fit test
  width-sweep judge sweep.parquet --readout 1/2 --out judged
                                                   verdicts too, with figures and a page
  width-sweep judge wandb.csv --by optimizer --init B --json
  width-sweep judge glue.csv --loss-column eval_f1 --higher-is-better 100
  width-sweep judge coords.csv --coordinate-check --readout 1 --lr-exponent -1/2

Exit codes: 0 done; 1 something failed; 2 the request or the table is at fault, and nothing was written.";

/// Arguments of `judge`.
#[derive(Clone, Debug, Args)]
pub struct JudgeArgs {
    /// A CSV or Parquet file, or - for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub table: PathBuf,
    /// Write judged.json, figures and a page into this directory
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Judge each value of this column separately; may be given several times
    #[arg(long, value_name = "COLUMN")]
    pub by: Vec<String>,
    /// Take nothing from this column, whatever its name; may be given several times
    #[arg(long, value_name = "NAME")]
    pub ignore_column: Vec<String>,
    /// Higher values of the loss column are better, up to this best value [default: 1 for a column with the
    /// name of an accuracy]
    #[arg(long, value_name = "BEST", value_parser = finite, num_args = 0..=1)]
    #[arg(default_missing_value = "1", conflicts_with = "lower_is_better")]
    pub higher_is_better: Option<f64>,
    /// Lower values are better, whatever the name of the column
    #[arg(long)]
    pub lower_is_better: bool,
    /// Which factor starts random, in a table without a column of inits [default: A]
    #[arg(long, value_parser = choices::init(), ignore_case = true)]
    pub init: Option<Init>,
    /// The basin holds the losses up to 1 + this times the best
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0.1")]
    pub basin: f64,
    /// The rms of Z_B that a stable run stays under
    #[arg(long, value_name = "RMS", value_parser = above_zero, default_value = "10")]
    pub stability_bound: f64,
    /// Fit sizes of features against the width at each step
    #[arg(long, conflicts_with_all = ["higher_is_better", "lower_is_better", "basin", "stability_bound"])]
    #[arg(conflicts_with_all = ["loss_column", "zb_column"])]
    pub coordinate_check: bool,
    /// A column of sizes; may be given several times [default: those with a known name]
    #[arg(long, value_name = "COLUMN", requires = "coordinate_check")]
    pub size: Vec<String>,
    /// γ of the learning rates η = c n^γ of a coordinate check, which checks every c separately [default: 0 if all
    /// learning rates are the same]
    #[arg(long, value_name = "γ", requires = "coordinate_check", value_parser = parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub lr_exponent: Option<Rational>,
    /// Columns with names of their own.
    #[command(flatten)]
    pub columns: ColumnArgs,
    /// The setting.
    #[command(flatten)]
    pub theory: TheoryArgs,
}

/// Names of columns.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Columns")]
pub struct ColumnArgs {
    /// The width of the model, such as hidden_size
    #[arg(long, value_name = "NAME")]
    pub width_column: Option<String>,
    /// The learning rate
    #[arg(long, value_name = "NAME")]
    pub lr_column: Option<String>,
    /// The loss, or what is judged instead
    #[arg(long, value_name = "NAME")]
    pub loss_column: Option<String>,
    /// The init: A, B, AB, or PEFT's True
    #[arg(long, value_name = "NAME")]
    pub init_column: Option<String>,
    /// The seed
    #[arg(long, value_name = "NAME")]
    pub seed_column: Option<String>,
    /// The rank
    #[arg(long, value_name = "NAME")]
    pub rank_column: Option<String>,
    /// The module
    #[arg(long, value_name = "NAME")]
    pub module_column: Option<String>,
    /// What tells a run from others, such as run_id
    #[arg(long, value_name = "NAME")]
    pub run_column: Option<String>,
    /// The training step
    #[arg(long, value_name = "NAME")]
    pub step_column: Option<String>,
    /// The rms of Z_B, or its largest one over the steps; η_stable is found from it
    #[arg(long, value_name = "NAME")]
    pub zb_column: Option<String>,
}

/// The setting of the calculus, as `predict` has it. Any of these states it.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "The theory's setting")]
pub struct TheoryArgs {
    /// Readout exponent a in W_out ~ N(0, n^-2a): 1/2 is standard, 1 is muP
    #[arg(long, value_name = "a", value_parser = parse_rational, allow_hyphen_values = true)]
    pub readout: Option<Rational>,
    /// Update rule
    #[arg(long, value_parser = choices::optimizer())]
    pub optimizer: Option<OptimizerKind>,
    /// The factors that train; the other one stays as drawn
    #[arg(long, value_parser = choices::factor(), ignore_case = true, value_delimiter = ',')]
    pub train: Option<Vec<Factor>>,
    /// λ in η_B = n^λ η_A, as in LoRA+
    #[arg(long, value_name = "λ", value_parser = parse_rational, allow_hyphen_values = true)]
    pub lr_ratio_exponent: Option<Rational>,
    /// ρ in the rank r = n^ρ, from 0 (a fixed rank) to 1
    #[arg(long, value_name = "ρ", value_parser = parse_rational, allow_hyphen_values = true)]
    pub rank_exponent: Option<Rational>,
    /// τ in the multiplier s = n^σ r^-τ: 1 for α/r, 1/2 for rsLoRA's α/√r, 0 for a constant
    #[arg(long, value_name = "τ", value_parser = parse_rational, allow_hyphen_values = true)]
    pub multiplier_rank: Option<Rational>,
    /// σ in the multiplier s = n^σ r^-τ
    #[arg(long, value_name = "σ", value_parser = parse_rational, allow_hyphen_values = true)]
    pub multiplier_width: Option<Rational>,
    /// The LoRA layer alone, with an outside backward signal of order one, as in Theorems 1 and 2
    #[arg(long, conflicts_with = "readout")]
    pub layer: bool,
}
