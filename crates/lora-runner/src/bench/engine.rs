//! The engine that is measured, with its instruction set.

use lora_sim::{Engine, Isa};

use crate::bench::shortage::BatchShortage;
use crate::bench::sizes::BatchSizes;
use crate::engine::{self, Chosen, EngineName};
use crate::error::RunnerError;
use crate::memory::{Free, needed_for};

/// An engine, and what it computes with.
pub struct TrainedOn {
    /// The engine.
    pub chosen: Chosen,
    /// Its instruction set; none if it is a device's.
    pub isa: Option<Isa>,
}

/// The engine of that name, in whose memory the batch must fit; the CPU's with an instruction set
/// where one is given.
///
/// # Errors
///
/// [`RunnerError::NoDevice`] or [`RunnerError::BatchTooLarge`].
pub fn choose(
    name: EngineName,
    isa: Option<Isa>,
    sizes: &BatchSizes,
) -> Result<TrainedOn, RunnerError> {
    let chosen = match isa {
        Some(isa) => Chosen::cpu_with(isa),
        None => engine::choose(name)?,
    };
    let chosen = chosen
        .fitting(|engine| shortage(sizes, engine, Free::now(engine)))
        .map_err(|short| RunnerError::BatchTooLarge(Box::new(short)))?;
    // An engine with a memory of its own is no CPU. The CPU takes its best set by itself.
    let on_cpu = chosen.engine.free_device_memory().is_none();
    Ok(TrainedOn { chosen, isa: on_cpu.then(|| isa.unwrap_or_else(Isa::best)) })
}

/// The lower-case name of an instruction set: avx512, avx2, neon or portable.
pub fn isa_key(isa: Isa) -> String {
    isa.name().to_lowercase().replace('-', "")
}

/// The set of that name, which this machine must have.
///
/// # Errors
///
/// [`RunnerError::UnknownInstructionSet`] or [`RunnerError::InstructionSetOfCpu`].
pub fn instruction_set(word: &str, engine: EngineName) -> Result<Isa, RunnerError> {
    let word = word.to_owned();
    if engine == EngineName::Cuda {
        return Err(RunnerError::InstructionSetOfCpu { word, engine: engine.name() });
    }
    let sets = Isa::available();
    let found = sets.iter().find(|&&isa| isa_key(isa) == word);
    found.copied().ok_or_else(|| {
        let available = sets.iter().map(|&isa| isa_key(isa)).collect();
        RunnerError::UnknownInstructionSet { word, available }
    })
}

/// What is short of the memory that is free.
fn shortage(sizes: &BatchSizes, engine: &dyn Engine, free: Free) -> Option<BatchShortage> {
    let needed = needed_for(&sizes.model(), engine, sizes.width, sizes.lrs);
    let short = free.short(needed, engine)?;
    Some(BatchShortage { sizes: *sizes, short })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_this_machine_is_found_by_its_name() {
        let keys: Vec<String> = Isa::available().into_iter().map(isa_key).collect();
        assert_eq!(keys.last().map(String::as_str), Some("portable"));
        for word in &keys {
            assert!(["avx512", "avx2", "neon", "portable"].contains(&word.as_str()), "{word}");
            for engine in [EngineName::Auto, EngineName::Cpu] {
                let found = instruction_set(word, engine).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(&isa_key(found), word);
            }
        }
    }

    #[test]
    fn other_sets_and_other_engines_are_refused() {
        let message = |word, engine| {
            let error = instruction_set(word, engine).expect_err("a refusal");
            error.to_string()
        };
        let keys: Vec<String> = Isa::available().into_iter().map(isa_key).collect();
        let expected = format!("AVX9: must be one that this machine has: {}", keys.join(", "));
        assert_eq!(message("AVX9", EngineName::Auto), expected);
        let expected = "portable: is for the CPU, but the engine is cuda";
        assert_eq!(message("portable", EngineName::Cuda), expected);
    }
}
