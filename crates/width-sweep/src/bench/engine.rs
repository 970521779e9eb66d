//! The engine that is measured, with the instruction set that was asked for.

use std::fmt::{self, Display, Formatter};

use lora_sim::{Engine, Isa};

use crate::bench::setting::Setting;
use crate::cli::BenchArgs;
use lora_experiment::error::CommandError;
use lora_runner::engine::{self, Chosen, EngineName};
use lora_runner::memory::{Free, Short, needed_for, size};

/// An engine, and what it computes with.
pub struct TrainedOn {
    /// The engine.
    pub chosen: Chosen,
    /// Its instruction set; none if it is a device's.
    pub isa: Option<Isa>,
}

/// The engine that the arguments ask for, in whose memory everything must fit.
pub fn choose(arguments: &BenchArgs, setting: &Setting) -> Result<TrainedOn, CommandError> {
    let name = arguments.engine.engine;
    let isa = arguments.isa.as_deref().map(|word| instruction_set(word, name)).transpose()?;
    let chosen = match isa {
        Some(isa) => Chosen::cpu_with(isa, &format!("--isa {}", key(isa))),
        None => engine::choose(name)?,
    };
    let chosen = chosen
        .fitting(|engine| shortage(setting, engine, Free::now(engine)))
        .map_err(|short| short.complaint())?;
    // What has a memory of its own is no CPU; and the CPU takes its best set by itself.
    let on_cpu = chosen.engine.free_device_memory().is_none();
    Ok(TrainedOn { chosen, isa: on_cpu.then(|| isa.unwrap_or_else(Isa::best)) })
}

/// What an instruction set is called on the command line.
pub fn key(isa: Isa) -> String {
    isa.name().to_lowercase().replace('-', "")
}

/// The set of that name, which this machine must have.
fn instruction_set(word: &str, engine: EngineName) -> Result<Isa, CommandError> {
    let usage = |reason: String| CommandError::Usage(format!("--isa {word}: {reason}"));
    if engine == EngineName::Cuda {
        return Err(usage("is for the CPU, but --engine is cuda".to_owned()));
    }
    let sets = Isa::available();
    let found = sets.iter().find(|&&isa| key(isa) == word);
    found.copied().ok_or_else(|| {
        let keys: Vec<String> = sets.iter().map(|&isa| key(isa)).collect();
        usage(format!("must be one that this machine has: {}", keys.join(", ")))
    })
}

/// Sizes that do not fit.
#[derive(Clone, Debug, PartialEq)]
struct Shortage {
    setting: Setting,
    short: Short,
}

impl Display for Shortage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (Setting { width, points, lrs, .. }, short) = (self.setting, &self.short);
        let (needs, kind, has) = (size(short.needs), short.kind(), short.has());
        write!(f, "width {width} with {points} points and {lrs} LRs needs {needs} of {kind} ")?;
        write!(f, "and {has}")
    }
}

impl Shortage {
    /// The message, with what to change.
    fn complaint(&self) -> CommandError {
        let way_out = self.short.way_out();
        CommandError::Usage(format!("{self}: try a smaller --width, --points or --lrs{way_out}"))
    }
}

/// What is short of the memory that is free.
fn shortage(setting: &Setting, engine: &dyn Engine, free: Free) -> Option<Shortage> {
    let needed = needed_for(&setting.model(), engine, setting.width, setting.lrs);
    let short = free.short(needed, engine)?;
    Some(Shortage { setting: *setting, short })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_this_machine_is_found_by_its_name() {
        let keys: Vec<String> = Isa::available().into_iter().map(key).collect();
        assert_eq!(keys.last().map(String::as_str), Some("portable"));
        for word in &keys {
            assert!(["avx512", "avx2", "neon", "portable"].contains(&word.as_str()), "{word}");
            for engine in [EngineName::Auto, EngineName::Cpu] {
                let found = instruction_set(word, engine).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(&key(found), word);
            }
        }
    }

    #[test]
    fn other_sets_and_other_engines_are_refused() {
        let message = |word, engine| {
            let error = instruction_set(word, engine).expect_err("a refusal");
            assert_eq!(error.exit_code(), 2);
            error.to_string()
        };
        let keys: Vec<String> = Isa::available().into_iter().map(key).collect();
        let expected =
            format!("--isa AVX9: must be one that this machine has: {}", keys.join(", "));
        assert_eq!(message("AVX9", EngineName::Auto), expected);
        let expected = "--isa portable: is for the CPU, but --engine is cuda";
        assert_eq!(message("portable", EngineName::Cuda), expected);
    }
}
