//! Which engine trains: the CPU, or an NVIDIA GPU through CUDA.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use lora_cuda::{CudaEngine, Unavailable};
use lora_network::NetworkEngine;
use lora_sim::{CpuEngine, Engine, Isa};

use crate::engines::Engines;
use crate::error::RunnerError;
use crate::finetune::{FinetuneError, Shared, TransformerEngine};
use crate::memory::{self, Free, size};
use lora_experiment::error::ExperimentError;
use lora_experiment::experiment::Loaded;
use lora_experiment::study::definition::Study;

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
    /// Why.
    pub why: Why,
    /// What there is to know of it before it trains, a line each.
    pub notes: Vec<String>,
    /// The same engine where it trains transformers: it can be watched, and makes the final test.
    pub transformer: Option<Arc<TransformerEngine>>,
}

/// Why an engine was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was asked for by name.
    Named(EngineName),
    /// An instruction set of the CPU was asked for.
    InstructionSet(Isa),
    /// A usable CUDA device was found.
    DeviceFound,
    /// There is no usable CUDA device.
    NoDevice(Unavailable),
    /// The device's memory does not suffice: what is short, in words.
    DeviceTooSmall(String),
    /// The device's engine has no linearised network.
    Linearised,
    /// Only one engine trains networks with ingredients of a transformer.
    Ingredients,
}

impl Display for Why {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "{} was asked for", name.name()),
            Self::InstructionSet(isa) => write!(f, "{} was asked for", isa.name()),
            Self::DeviceFound => f.write_str("a usable CUDA device is here"),
            Self::NoDevice(unavailable) => write!(f, "{unavailable}"),
            Self::DeviceTooSmall(short) => f.write_str(short),
            Self::Linearised => f.write_str("the CPU alone trains linearised networks"),
            Self::Ingredients => f.write_str("the CPU alone trains networks with ingredients"),
        }
    }
}

impl Why {
    /// Whether nobody asked for the engine, so that another may take its place.
    const fn is_automatic(&self) -> bool {
        !matches!(self, Self::Named(_) | Self::InstructionSet(_))
    }
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
/// As [`choose`], and [`RunnerError::TooLarge`] if no engine has the memory. For a transformer
/// [`RunnerError::Finetune`] if its files cannot be read, and [`RunnerError::TransformerOnDevice`],
/// [`RunnerError::LinearisedOnDevice`] or [`RunnerError::IngredientsOnDevice`] if CUDA was asked for by name for a model that it does not train.
pub fn choose_for(name: EngineName, loaded: &Loaded) -> Result<Chosen, RunnerError> {
    let shortage = |engine: &dyn Engine| memory::shortage(&loaded.study, engine);
    if loaded.study.transformer().is_some() {
        return transformer(name, loaded)?
            .fitting(shortage)
            .map_err(|short| short.complaint(loaded));
    }
    let chosen = if loaded.experiment.is_bare() { choose(name)? } else { ingredients(name)? };
    let chosen = if loaded.experiment.model.linearised { chosen.linearising()? } else { chosen };
    chosen.fitting(shortage).map_err(|short| short.complaint(loaded))
}

/// The engine of a network with ingredients.
fn ingredients(name: EngineName) -> Result<Chosen, RunnerError> {
    let why = match name {
        EngineName::Cuda => return Err(RunnerError::IngredientsOnDevice),
        EngineName::Cpu => Why::Named(name),
        EngineName::Auto => Why::Ingredients,
    };
    Ok(Chosen::of(Box::new(NetworkEngine::new()), why))
}

/// The engine of an experiment with a transformer, which computes on the CPU alone.
fn transformer(name: EngineName, loaded: &Loaded) -> Result<Chosen, RunnerError> {
    if name == EngineName::Cuda {
        return Err(RunnerError::TransformerOnDevice);
    }
    let mut engine = TransformerEngine::new(&loaded.experiment).map_err(|error| match error {
        FinetuneError::Key { key, reason } => {
            RunnerError::Request(ExperimentError::from(loaded.key_error(key, &reason)))
        }
        other => RunnerError::from(other),
    })?;
    let free = Free::now(&engine);
    fit(&mut engine, &loaded.study, &free);
    let notes = engine.notes(&loaded.experiment.model.widths);
    let (engine, why) = (Arc::new(engine), Why::Named(EngineName::Cpu));
    let shared = Box::new(Shared(Arc::clone(&engine)));
    Ok(Chosen { engine: shared, why, notes, transformer: Some(engine) })
}

/// Lets activations be computed twice at widths at which they do not fit. What the final test takes is no reason:
/// it keeps no activations.
fn fit(engine: &mut TransformerEngine, study: &Study, free: &Free) {
    let (model, runs) = (study.experiment.model(), study.batch_size());
    engine.keep_what_fits(&study.experiment.model.widths, |engine, width| {
        let needs = engine.training_memory(&model, width, runs).into();
        let short = free.short(memory::with_measurements(study, needs), engine)?;
        Some(format!("{} with all else, and {}", size(short.needs), short.has()))
    });
}

/// The engine of that name, given how to come by a CUDA device.
fn pick<C: Engine + 'static>(
    name: EngineName,
    cuda: impl FnOnce() -> Result<C, Unavailable>,
) -> Result<Chosen, RunnerError> {
    match name {
        EngineName::Cpu => Ok(Chosen::cpu_since(Why::Named(name))),
        EngineName::Cuda => {
            Ok(Chosen::of(Box::new(cuda().map_err(RunnerError::NoDevice)?), Why::Named(name)))
        }
        EngineName::Auto => Ok(match cuda() {
            Ok(engine) => Chosen::of(Box::new(engine), Why::DeviceFound),
            Err(unavailable) => Chosen::cpu_since(Why::NoDevice(unavailable)),
        }),
    }
}

impl Chosen {
    fn of(engine: Box<dyn Engine>, why: Why) -> Self {
        Self { engine, why, notes: Vec::new(), transformer: None }
    }

    /// The engines of a plain experiment.
    pub fn engines(&self) -> Engines<'_> {
        Engines::one(self.engine.as_ref()).with_transformer(self.transformer.as_deref())
    }

    fn cpu_since(why: Why) -> Self {
        Self::of(Box::new(CpuEngine::new()), why)
    }

    /// The CPU with an instruction set that was asked for.
    pub fn cpu_with(isa: Isa) -> Self {
        Self::of(Box::new(CpuEngine::with_isa(isa)), Why::InstructionSet(isa))
    }

    /// This engine if it has the linearised network; the CPU if it does not and nobody asked for it.
    ///
    /// # Errors
    ///
    /// [`RunnerError::LinearisedOnDevice`] if the engine was asked for by name.
    fn linearising(self) -> Result<Self, RunnerError> {
        if self.engine.linearises() {
            return Ok(self);
        }
        if self.why.is_automatic() {
            return Ok(Self::cpu_since(Why::Linearised));
        }
        Err(RunnerError::LinearisedOnDevice)
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
        if !self.why.is_automatic() || self.engine.free_device_memory().is_none() {
            return Err(short);
        }
        let cpu = Self::cpu_since(Why::DeviceTooSmall(short.to_string()));
        shortage(cpu.engine.as_ref()).map_or(Ok(cpu), Err)
    }

    /// The engine in words and why it was taken, on one line.
    pub fn line(&self) -> String {
        format!("engine: {} ({})", self.engine.describe(), self.why)
    }

    /// The line on which engine was taken; none if it was asked for by name.
    pub fn announcement(&self) -> Option<String> {
        self.why.is_automatic().then(|| self.line())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use lora_experiment::experiment::Experiment;
    use lora_experiment::experiment::transformer::FinalTask;
    use lora_types::ModelKind;
    use tempfile::TempDir;

    use super::*;
    use crate::fake_engine::FakeEngine;

    fn found() -> Result<FakeEngine, Unavailable> {
        Ok(FakeEngine::default())
    }

    fn missing() -> Result<FakeEngine, Unavailable> {
        Err(Unavailable::NoDriver)
    }

    fn picked(name: EngineName, cuda: fn() -> Result<FakeEngine, Unavailable>) -> Chosen {
        pick(name, cuda).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A deep model, whose activations are most of what it takes.
    fn deep(dir: &TempDir) -> Experiment {
        let mut e = Experiment::default();
        (e.model.kind, e.model.widths) = (ModelKind::Transformer, vec![16, 32].into());
        let t = &mut e.transformer;
        (t.depth, t.head_dim, t.vocabulary, t.context, t.batch) = (40, 8, 257, 128, 8);
        // A base that has to be pretrained would need more than its runs.
        let place = dir.path().join("bases").display().to_string();
        (t.bases, t.pretrain_batch) = (place, 1);
        e
    }

    #[test]
    fn activations_are_kept_where_they_fit() {
        let dir = TempDir::new().expect("a directory");
        let e = deep(&dir);
        let study = Study::of("test", &e).expect("a grid");
        let with = |free: f64| {
            let mut engine = TransformerEngine::new(&e).expect("an engine");
            fit(&mut engine, &study, &Free { host: Some(free), limit: None, device: None });
            let needs = [16, 32].map(|width| memory::needed(&study, &engine, width).host);
            (needs, engine.notes(&[16, 32]).join("\n"))
        };
        let ([narrow, wide], notes) = with(f64::INFINITY);
        assert!(notes.contains("activations: kept") && narrow < wide, "{notes}");
        let (needs, same) = with(wide);
        assert_eq!((needs, same), ([narrow, wide], notes));
        let ([same, less], notes) = with(wide - 1.0);
        assert!(same == narrow && less < wide, "{less} {wide}");
        let told = notes.lines().last().expect("a line");
        assert!(
            told.starts_with("activations of width 32: computed twice, to the same bytes, since")
        );
        assert!(told.contains("MiB with all else, and this machine has"), "{told}");
        let ([less, _], notes) = with(narrow - 1.0);
        assert!(less < narrow && notes.matches("computed twice").count() == 2, "{notes}");
    }

    /// Computing them twice would not make the keys and values fewer that the final test keeps.
    #[test]
    fn activations_are_kept_whatever_the_final_test_takes() {
        let dir = TempDir::new().expect("a directory");
        let file = dir.path().join("final.jsonl");
        let line = "{\"question\": \"1 + 1?\", \"answer\": \"#### 2\"}\n";
        fs::write(&file, line.repeat(40)).expect("a file");
        let mut e = deep(&dir);
        let study = Study::of("test", &e).expect("a grid");
        let needed = |e: &Experiment| {
            let engine = TransformerEngine::new(e).expect("an engine");
            (memory::needed(&study, &engine, 32).host, engine)
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
        pool.install(|| {
            let (training, _) = needed(&e);
            e.transformer.final_data = file.display().to_string();
            e.transformer.final_task = FinalTask::Write;
            let (all, mut engine) = needed(&e);
            assert!(all > 1.2 * training, "{all} {training}");
            let free = Free { host: Some(1.1 * training), limit: None, device: None };
            fit(&mut engine, &study, &free);
            let notes = engine.notes(&[16, 32]).join("\n");
            assert!(notes.contains("activations: kept"), "{notes}");
        });
    }

    #[test]
    fn auto_takes_the_device_where_there_is_one_and_the_cpu_elsewhere() {
        let device = picked(EngineName::Auto, found);
        assert_eq!(device.line(), "engine: Fake (a usable CUDA device is here)");
        let cpu = picked(EngineName::Auto, missing);
        let cpu_line = |why| format!("engine: {} ({why})", CpuEngine::new().describe());
        assert_eq!(cpu.line(), cpu_line("no CUDA driver on this machine"));
        assert_eq!(cpu.announcement(), Some(cpu.line()));
    }

    #[test]
    fn an_engine_asked_for_by_name_is_taken_or_refused() {
        let cpu = picked(EngineName::Cpu, found);
        assert_eq!(cpu.engine.numerics(), CpuEngine::new().numerics());
        assert_eq!(cpu.why, Why::Named(EngineName::Cpu));
        assert_eq!(cpu.announcement(), None);
        let cuda = picked(EngineName::Cuda, found);
        assert_eq!(cuda.line(), "engine: Fake (cuda was asked for)");
        let error = pick(EngineName::Cuda, missing).err().expect("a refusal");
        assert_eq!(error.to_string(), "cuda: no CUDA driver on this machine");
    }

    #[test]
    fn linearised_networks_go_to_the_cpu_unless_the_device_was_asked_for() {
        let linearising = |name| picked(name, found).linearising();
        let chosen = linearising(EngineName::Auto).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(chosen.engine.numerics(), CpuEngine::new().numerics());
        assert_eq!(chosen.why.to_string(), "the CPU alone trains linearised networks");
        let cpu = linearising(EngineName::Cpu).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(cpu.why, Why::Named(EngineName::Cpu));
        let refused = linearising(EngineName::Cuda).err().expect("a refusal").to_string();
        let said = "cuda: networks with model.linearised = true are trained on the CPU alone";
        assert_eq!(refused, said);
    }

    #[test]
    fn networks_with_ingredients_are_for_one_engine() {
        let chosen = ingredients(EngineName::Auto).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(chosen.engine.numerics(), NetworkEngine::new().numerics());
        assert!(chosen.line().ends_with("(the CPU alone trains networks with ingredients)"));
        assert!(ingredients(EngineName::Cpu).is_ok_and(|chosen| chosen.announcement().is_none()));
        let refused = ingredients(EngineName::Cuda).err().expect("a refusal").to_string();
        assert!(
            refused.starts_with("cuda: networks with ingredients of a transformer"),
            "{refused}"
        );
    }

    #[test]
    fn the_cpu_looks_for_no_device() {
        let looked = || -> Result<FakeEngine, Unavailable> { panic!("it looked") };
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
        assert_eq!(fits.why, Why::DeviceFound);
        let cpu = picked(EngineName::Auto, found).fitting(short(false)).expect("the host is large");
        assert_eq!(cpu.engine.numerics(), CpuEngine::new().numerics());
        assert_eq!(cpu.why, Why::DeviceTooSmall("the device is small".to_owned()));
        let asked = picked(EngineName::Cuda, found).fitting(short(false));
        assert_eq!(asked.err().as_deref(), Some("the device is small"));
        let neither = picked(EngineName::Auto, found).fitting(short(true));
        assert_eq!(neither.err().as_deref(), Some("the host is small"));
        let host = picked(EngineName::Auto, missing).fitting(short(true));
        assert_eq!(host.err().as_deref(), Some("the host is small"));
    }
}
