//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures how the learning rate of LoRA scales with width, and compares it with the theory.
///
/// Without a command it runs the paper's experiment: `width-sweep` is `width-sweep run paper`.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Without a command: run.
    #[command(flatten)]
    pub run: RunArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an experiment: train, analyse, draw, print.
    Run(RunArgs),
    /// Print the exponents that the theory predicts; trains nothing.
    Predict(PredictArgs),
    /// Analyse and draw a run's directory again; trains nothing.
    Plot(PlotArgs),
    /// List the experiments in a directory, one line each.
    List(ListArgs),
}

/// Arguments of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// An experiment file, or the name of one in experiments/ [default: paper]
    pub experiment: Option<PathBuf>,
    /// Where results go [default: runs/NAME, or runs/NAME-quick]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Threads; the results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Small sizes, under ten seconds, to see everything work
    #[arg(long)]
    pub quick: bool,
    /// Change one key of the experiment, such as training.steps=400; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Arguments of `predict`.
#[derive(Clone, Debug, Args)]
pub struct PredictArgs {
    /// One initialisation only [default: A and B]
    #[arg(long, value_enum, ignore_case = true)]
    pub init: Option<InitName>,
    /// Readout exponent a, W_out ~ N(0, n^-2a)
    #[arg(long, value_name = "a", default_value = "1/2", value_parser = rational)]
    pub readout: lora_theory::Rational,
    /// Update rule
    #[arg(long, value_enum, default_value = "adam")]
    pub optimizer: OptimizerArg,
    /// Show everything at η = n^γ instead of at the critical exponents
    #[arg(long, value_name = "γ", value_parser = rational, allow_hyphen_values = true)]
    pub lr_exponent: Option<lora_theory::Rational>,
    /// The LoRA layer alone, with an outside backward signal of order one, as in Theorems 1 and 2
    #[arg(long)]
    pub layer: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `plot`.
#[derive(Clone, Debug, Args)]
pub struct PlotArgs {
    /// The directory of a run
    pub dir: PathBuf,
}

/// Arguments of `list`.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Where to look
    #[arg(default_value = "experiments")]
    pub dir: PathBuf,
}

/// An initialisation by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InitName {
    /// A random, B = 0
    A,
    /// B random, A = 0
    B,
    /// Both random
    #[value(name = "AB")]
    Ab,
}

/// An update rule by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum OptimizerArg {
    Adam,
    Adamw,
    SignSgd,
    Sgd,
}

fn rational(text: &str) -> Result<lora_theory::Rational, String> {
    lora_theory::parse_rational(text)
        .map_err(|error| format!("{error}; write a fraction or a decimal, such as -3/4 or 0.5"))
}
