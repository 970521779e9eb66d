//! Which engine trains: the CPU, or an NVIDIA GPU through CUDA.

use std::fmt::Display;

use lora_cuda::CudaEngine;
use lora_sim::{CpuEngine, Engine, Isa};

use crate::error::RunnerError;
use crate::memory;
use lora_experiment::experiment::Loaded;

/// The device that is taken where a machine has several.
const FIRST: usize = 0;

/// An engine by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineName {
    /// The GPU where a usable one is found and its memory suffices, else the CPU.
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

impl EngineName {
    /// The word that stands for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }
}

/// An engine, and why it was taken.
pub struct Chosen {
    /// The engine.
    pub engine: Box<dyn Engine>,
    /// Why, in a few words.
    pub why: String,
    /// Whether it was not asked for by name, so that another may take its place.
    automatic: bool,
}

/// The engine of that name.
///
/// # Errors
///
/// [`RunnerError::NoDevice`] if CUDA was asked for by name and there is no usable device.
pub fn choose(name: EngineName) -> Result<Chosen, RunnerError> {
    pick(name, || CudaEngine::new(FIRST))
}

/// The engine for an experiment, which must fit into the memory that is free.
///
/// # Errors
///
/// As [`choose`], and [`RunnerError::TooLarge`] if no engine has the memory.
pub fn choose_for(name: EngineName, loaded: &Loaded) -> Result<Chosen, RunnerError> {
    let shortage = |engine: &dyn Engine| memory::shortage(&loaded.study, engine);
    choose(name)?.fitting(shortage).map_err(|short| short.complaint(loaded))
}

/// The engine of that name, given how to come by a CUDA device.
fn pick<C: Engine + 'static, U: Display>(
    name: EngineName,
    cuda: impl FnOnce() -> Result<C, U>,
) -> Result<Chosen, RunnerError> {
    let asked = |flag: &str| (flag.to_owned(), false);
    let (engine, (why, automatic)): (Box<dyn Engine>, _) = match name {
        EngineName::Cpu => (Box::new(CpuEngine::new()), asked("--engine cpu")),
        EngineName::Cuda => match cuda() {
            Ok(engine) => (Box::new(engine), asked("--engine cuda")),
            Err(error) => return Err(RunnerError::NoDevice(error.to_string())),
        },
        EngineName::Auto => match cuda() {
            Ok(engine) => (Box::new(engine), ("a usable CUDA device is here".to_owned(), true)),
            Err(error) => return Ok(Chosen::cpu_since(reason(&error.to_string()))),
        },
    };
    Ok(Chosen { engine, why, automatic })
}

/// What is missing, without the advice that follows a semicolon.
fn reason(message: &str) -> &str {
    message.split_once(';').map_or(message, |(reason, _)| reason)
}

impl Chosen {
    /// The CPU, since the other engine could not be taken.
    fn cpu_since(why: &str) -> Self {
        Self { engine: Box::new(CpuEngine::new()), why: why.to_owned(), automatic: true }
    }

    /// The CPU with an instruction set that was asked for.
    pub fn cpu_with(isa: Isa, why: &str) -> Self {
        let engine = Box::new(CpuEngine::with_isa(isa));
        Self { engine, why: why.to_owned(), automatic: false }
    }

    /// This engine if no memory is short for it; the CPU if it suffices and this engine, which
    /// nobody asked for by name, does not. What is short otherwise.
    ///
    /// # Errors
    ///
    /// What `shortage` says of the last engine that was tried.
    pub fn fitting<S: Display>(
        self,
        shortage: impl Fn(&dyn Engine) -> Option<S>,
    ) -> Result<Self, S> {
        let Some(short) = shortage(self.engine.as_ref()) else { return Ok(self) };
        if !self.automatic || self.engine.free_device_memory().is_none() {
            return Err(short);
        }
        let cpu = Self::cpu_since(&short.to_string());
        shortage(cpu.engine.as_ref()).map_or(Ok(cpu), Err)
    }

    /// The engine in words and why it was taken, on one line.
    pub fn line(&self) -> String {
        format!("engine: {} ({})", self.engine.describe(), self.why)
    }

    /// The line on which engine was taken; none if it was asked for by name.
    pub fn announcement(&self) -> Option<String> {
        self.automatic.then(|| self.line())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_engine::FakeEngine;

    const NO_DEVICE: &str = "no device: it is gone; buy one, or compute with --engine cpu";

    fn found() -> Result<FakeEngine, String> {
        Ok(FakeEngine::default())
    }

    fn missing() -> Result<FakeEngine, String> {
        Err(NO_DEVICE.to_owned())
    }

    fn picked(name: EngineName, cuda: fn() -> Result<FakeEngine, String>) -> Chosen {
        pick(name, cuda).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn auto_takes_the_device_where_there_is_one_and_the_cpu_elsewhere() {
        let device = picked(EngineName::Auto, found);
        assert_eq!(device.line(), "engine: Fake (a usable CUDA device is here)");
        let cpu = picked(EngineName::Auto, missing);
        let expected = format!("engine: {} (no device: it is gone)", CpuEngine::new().describe());
        assert_eq!(cpu.line(), expected);
    }

    #[test]
    fn an_engine_asked_for_by_name_is_taken_or_refused() {
        let cpu = picked(EngineName::Cpu, found);
        assert_eq!(cpu.engine.numerics(), CpuEngine::new().numerics());
        assert_eq!(cpu.why, "--engine cpu");
        assert_eq!(picked(EngineName::Cuda, found).line(), "engine: Fake (--engine cuda)");
        let error = pick(EngineName::Cuda, missing).err().expect("a refusal");
        assert_eq!(error.to_string(), format!("cuda: {NO_DEVICE}"));
    }

    #[test]
    fn the_cpu_looks_for_no_device() {
        let looked = || -> Result<FakeEngine, String> { panic!("it looked") };
        assert!(pick(EngineName::Cpu, looked).is_ok());
    }

    /// What is short on the device, and on the host if `host` says so.
    fn short(host: bool) -> impl Fn(&dyn Engine) -> Option<String> {
        move |engine| match engine.free_device_memory() {
            Some(_) => Some("the device is small".to_owned()),
            None => host.then(|| "the host is small".to_owned()),
        }
    }

    #[test]
    fn what_only_the_host_can_hold_goes_to_the_cpu_unless_the_device_was_asked_for() {
        let fits = picked(EngineName::Auto, found).fitting(|_| None::<String>).expect("it fits");
        assert_eq!(fits.why, "a usable CUDA device is here");
        let cpu = picked(EngineName::Auto, found).fitting(short(false)).expect("the host is large");
        assert_eq!(cpu.engine.numerics(), CpuEngine::new().numerics());
        assert_eq!(cpu.why, "the device is small");
        let asked = picked(EngineName::Cuda, found).fitting(short(false));
        assert_eq!(asked.err().as_deref(), Some("the device is small"));
        let neither = picked(EngineName::Auto, found).fitting(short(true));
        assert_eq!(neither.err().as_deref(), Some("the host is small"));
        let host = picked(EngineName::Auto, missing).fitting(short(true));
        assert_eq!(host.err().as_deref(), Some("the host is small"));
    }
}
