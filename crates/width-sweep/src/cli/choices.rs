//! What several commands let one choose.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use lora_advice::transfer::{CarriedLr, Multiplier, Rule};
use lora_runner::engine::EngineName;
use lora_types::{Factor, Init, OptimizerKind};

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

/// What is carried by a transfer.
pub fn goals() -> impl TypedValueParser<Value = CarriedLr> {
    words(&[
        ("optimal", CarriedLr::Optimal, "The LR that trains best, η_opt"),
        ("stable", CarriedLr::Stable, "The largest LR at which Z_B stays O(1), η_stable"),
    ])
}

/// A public rule of thumb.
pub fn rules() -> impl TypedValueParser<Value = Rule> {
    let value = |rule: Rule| PossibleValue::new(rule.key());
    let parser = PossibleValuesParser::new(Rule::ALL.map(value));
    parser.try_map(|word| {
        Rule::ALL.into_iter().find(|rule| rule.key() == word).ok_or("must be one of the list")
    })
}

/// How s goes with the rank.
pub fn multipliers() -> impl TypedValueParser<Value = Multiplier> {
    words(&[
        ("constant", Multiplier::Constant, "s stays"),
        ("sqrt", Multiplier::Sqrt, "s = α/√r with α fixed, as rsLoRA has it"),
        ("inverse", Multiplier::Inverse, "s = α/r with α fixed, as LoRA has it"),
    ])
}
