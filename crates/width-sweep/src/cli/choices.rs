//! What several commands let one choose.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use lora_types::{Factor, Init, OptimizerKind};

/// What to train on.
#[derive(Clone, Copy, Debug, Args)]
pub struct EngineChoice {
    /// What to train on; an NVIDIA GPU must be of compute capability 7.5 or later, with driver 580
    /// or later
    #[arg(long, value_enum, default_value = "auto")]
    pub engine: EngineName,
}

/// How many threads to compute on.
#[derive(Clone, Copy, Debug, Args)]
pub struct Threads {
    /// Threads, 1 to 1024; the results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// An engine by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// The GPU where a usable one is found and its memory suffices, else the CPU
    Auto,
    /// The processor
    Cpu,
    /// An NVIDIA GPU
    Cuda,
}

/// An init on the command line, in capital or small letters.
pub fn init() -> impl TypedValueParser<Value = Init> {
    let values = [
        PossibleValue::new("A").help("A random, B = 0"),
        PossibleValue::new("B").help("B random, A = 0"),
        PossibleValue::new("AB").help("Both random"),
    ];
    PossibleValuesParser::new(values).try_map(|name| name.to_uppercase().parse::<Init>())
}

/// A LoRA factor on the command line, in capital or small letters.
pub fn factor() -> impl TypedValueParser<Value = Factor> {
    let values =
        [PossibleValue::new("A").help("A, r × n"), PossibleValue::new("B").help("B, n × r")];
    PossibleValuesParser::new(values).try_map(|name| name.to_uppercase().parse::<Factor>())
}

/// An update rule on the command line.
pub fn optimizer() -> impl TypedValueParser<Value = OptimizerKind> {
    let help = |kind| match kind {
        OptimizerKind::Adam => "Adam",
        OptimizerKind::AdamW => "Adam with decoupled weight decay",
        OptimizerKind::SignSgd => "Sign of the gradient",
        OptimizerKind::Sgd => "Gradient descent",
    };
    let value = |kind: OptimizerKind| PossibleValue::new(kind.key()).help(help(kind));
    PossibleValuesParser::new(OptimizerKind::ALL.map(value))
        .try_map(|name| name.parse::<OptimizerKind>())
}
