//! What several commands let one choose.

use clap::{Args, ValueEnum};
use lora_sim::spec::Init;

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
