//! What several commands let one choose.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use lora_analysis::transfer::{Goal, Multiplier};
use lora_experiment::experiment::OptimizerName;
use lora_runner::engine::EngineName;
use lora_sim::spec::Init;

/// What to train on.
#[derive(Clone, Copy, Debug, Args)]
pub struct EngineChoice {
    /// What to train on; an NVIDIA GPU must be of compute capability 7.5 or later, with driver 580
    /// or later
    #[arg(long, value_parser = engines(), default_value = "auto")]
    pub engine: EngineName,
}

/// How many threads to compute on.
#[derive(Clone, Copy, Debug, Args)]
pub struct Threads {
    /// Threads, 1 to 1024; the results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// An initialisation by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InitName {
    /// A random, B = 0
    #[value(name = "A")]
    A,
    /// B random, A = 0
    #[value(name = "B")]
    B,
    /// Both random
    #[value(name = "AB")]
    Ab,
}

impl From<InitName> for Init {
    fn from(name: InitName) -> Self {
        match name {
            InitName::A => Self::A,
            InitName::B => Self::B,
            InitName::Ab => Self::AB,
        }
    }
}

/// A word of a list, with what it stands for and what the help says of it.
fn words<T: Copy + Send + Sync + 'static>(
    all: &'static [(&'static str, T, &'static str)],
) -> impl TypedValueParser<Value = T> {
    let values = all.iter().map(|(word, _, help)| {
        let value = PossibleValue::new(*word);
        if help.is_empty() { value } else { value.help(*help) }
    });
    PossibleValuesParser::new(values).try_map(|word| {
        let found = all.iter().find(|(known, ..)| *known == word);
        found.map(|&(_, value, _)| value).ok_or("must be one of the list")
    })
}

fn engines() -> impl TypedValueParser<Value = EngineName> {
    words(&[
        (
            "auto",
            EngineName::Auto,
            "The GPU where a usable one is found and its memory suffices, else the CPU",
        ),
        ("cpu", EngineName::Cpu, "The processor"),
        ("cuda", EngineName::Cuda, "An NVIDIA GPU"),
    ])
}

/// Update rules by name.
pub fn optimizers() -> impl TypedValueParser<Value = OptimizerName> {
    words(&[
        ("adam", OptimizerName::Adam, "Adam"),
        ("adamw", OptimizerName::Adamw, "Adam with decoupled weight decay"),
        ("sign-sgd", OptimizerName::SignSgd, "Sign of the gradient"),
        ("sgd", OptimizerName::Sgd, "Gradient descent"),
    ])
}

/// What is carried by a transfer.
pub fn goals() -> impl TypedValueParser<Value = Goal> {
    words(&[
        ("optimal", Goal::Optimal, "The LR that trains best, η_opt"),
        ("stable", Goal::Stable, "The largest LR at which Z_B stays O(1), η_stable"),
    ])
}

/// How s goes with the rank.
pub fn multipliers() -> impl TypedValueParser<Value = Multiplier> {
    words(&[
        ("constant", Multiplier::Constant, "s stays"),
        ("sqrt", Multiplier::Sqrt, "s = α/√r with α fixed, as rsLoRA has it"),
        ("inverse", Multiplier::Inverse, "s = α/r with α fixed, as LoRA has it"),
    ])
}
