//! What can go wrong while a plan is trained.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;

use lora_cuda::Unavailable;
use lora_experiment::cells::Cell;
use lora_experiment::error::ExperimentError;
use lora_experiment::numbers::short;
use lora_experiment::shard::Shard;
use lora_sim::SimError;
use lora_sim::spec::Init;
use lora_store::error::{FoundInstead, StoreError};

use crate::bench::BatchShortage;
use crate::finetune::FinetuneError;
use crate::memory::{ShortMemory, size};

/// An error of this crate. What to do about it is for the caller to say.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunnerError {
    /// The CUDA engine was asked for by name and there is no usable device.
    #[error("cuda: {0}")]
    NoDevice(Unavailable),
    /// The CUDA engine was asked for by name, for a transformer.
    #[error("cuda: transformers are trained on the CPU alone")]
    TransformerOnDevice,
    /// The CUDA engine was asked for by name, for a network that is linearised.
    #[error("cuda: networks with model.linearised = true are trained on the CPU alone")]
    LinearisedOnDevice,
    /// The CUDA engine was asked for by name, for a network with ingredients of a transformer.
    #[error(
        "cuda: networks with ingredients of a transformer, such as model.norm or training.batch, are trained on the CPU \
         alone"
    )]
    IngredientsOnDevice,
    /// A transformer's files cannot be read, or do not go with the experiment.
    #[error(transparent)]
    Finetune(#[from] FinetuneError),
    /// An experiment does not fit into the memory that is free.
    #[error("{complaint}")]
    TooLarge {
        /// Which key of the experiment to make smaller, and how much.
        complaint: Box<ExperimentError>,
        /// The memory that is short.
        short: ShortMemory,
    },
    /// A batch that is to be timed does not fit into the memory that is free.
    #[error("{0}")]
    BatchTooLarge(Box<BatchShortage>),
    /// The figures that follow a sweep do not fit into the memory that is free.
    #[error("drawing the figures needs {} of memory and {}", size(.0.needs), .0.has())]
    NoMemoryToDraw(ShortMemory),
    /// The processor has no such instruction set.
    #[error("{word}: must be one that this machine has: {}", available.join(", "))]
    UnknownInstructionSet {
        /// The name that was given.
        word: String,
        /// Names of those that it has.
        available: Vec<String>,
    },
    /// An instruction set of the processor was chosen for an engine that does not compute on it.
    #[error("{word}: is for the CPU, but the engine is {engine}")]
    InstructionSetOfCpu {
        /// The instruction set.
        word: String,
        /// The engine.
        engine: &'static str,
    },
    /// An engine fails.
    #[error(transparent)]
    Engine(#[from] SimError),
    /// A run that is to be timed does not reach its last step.
    #[error("{init} diverged at η = {lr}, so its time says nothing", init = init.label())]
    TimedRunDiverged {
        /// The factor that started random.
        init: Init,
        /// Its learning rate.
        lr: f64,
    },
    /// The caller asked to stop. Everything that was trained is stored.
    #[error("stopped: {stored} of {needed} runs are kept{}, in {}", in_work(*unfinished), path.display())]
    Stopped {
        /// The database.
        path: PathBuf,
        /// Runs in it.
        stored: usize,
        /// Runs that are needed, in words.
        needed: String,
        /// Runs that are kept with how far they are.
        unfinished: usize,
    },
    /// A thread cannot be started.
    #[error("no thread could be started for {purpose}: {source}")]
    Thread {
        /// What it is for.
        purpose: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The threads to compute on cannot be started.
    #[error("no threads could be started: {0}")]
    Threads(rayon::ThreadPoolBuildError),
    /// The system does not let signals be handled.
    #[error("Ctrl-C: {0}")]
    Signals(io::Error),
    /// The template of the progress line is not valid.
    #[error("{0}")]
    Template(String),
    /// A directory that is to be merged has no runs.
    #[error("{}: {found}, but must be the directory of a shard, which holds {}, or of shards", path.display(), lora_store::stored::FILE)]
    NotAShard {
        /// The directory.
        path: PathBuf,
        /// What is there instead.
        found: FoundInstead,
    },
    /// The directory for the merged sweep is one of those that are merged.
    #[error("{}: is what is merged ({}), but must be another directory", out.display(), part.display())]
    MergedIntoItself {
        /// The directory for the merged sweep.
        out: PathBuf,
        /// The same directory as one that is merged.
        part: PathBuf,
    },
    /// A process is training in a directory that is to be merged.
    #[error("{}: {who} is running a sweep in it", path.display())]
    StillTraining {
        /// The directory.
        path: PathBuf,
        /// The process, in words.
        who: String,
    },
    /// Nothing was ever trained in a directory that is to be merged.
    #[error("{}: no sweep has begun in it yet", .0.display())]
    NotBegun(PathBuf),
    /// Directories that are to be merged are not of one sweep.
    #[error("{} and {} are of different sweeps: {what} is {} in the first and {} in the second", first.display(), second.display(), values[0], values[1])]
    DifferentSweeps {
        /// A directory.
        first: PathBuf,
        /// Another.
        second: PathBuf,
        /// In what they differ.
        what: String,
        /// Its values.
        values: Box<[String; 2]>,
    },
    /// Cells of a sweep that is to be merged are not finished.
    #[error("{name} is not whole, {} of its {problems} problems are not finished", gaps.iter().map(|gap| gap.cells.len()).sum::<usize>())]
    Unfinished {
        /// The experiment's name.
        name: String,
        /// Cells in all.
        problems: usize,
        /// Who has to train which of the missing ones.
        gaps: Vec<MissingCells>,
    },
    /// The tables of a run cannot be made again, since its database does not hold them.
    #[error("{}: {lacks}, so the tables cannot be made of it", path.display())]
    NothingToRebuild {
        /// The database.
        path: PathBuf,
        /// What it lacks.
        lacks: String,
    },
    /// The adapters of a stored run cannot be had.
    #[error("{}: {fault}", path.display())]
    Adapter {
        /// The database.
        path: PathBuf,
        /// Why.
        fault: AdapterFault,
    },
    /// An error of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is asked for cannot be read or is not valid.
    #[error(transparent)]
    Request(#[from] ExperimentError),
    /// An experiment cannot be written as text.
    #[error(transparent)]
    Encode(#[from] toml::ser::Error),
    /// Two topic files of one name are to go into one directory.
    #[error(
        "{file}: another topic file has the same name, and both go into one directory: rename one"
    )]
    SameName {
        /// One of the two.
        file: String,
    },
}

/// Why the adapters of a stored run cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum AdapterFault {
    /// The sweep is not one of a transformer.
    #[error("its runs are not of a transformer, and only those have adapters that PEFT reads")]
    NoTransformer,
    /// No such run was asked for.
    #[error("no run has {what} {value}, but must be one of: {valid}")]
    NoSuchRun {
        /// In what: "width".
        what: &'static str,
        /// As given.
        value: String,
        /// What there is.
        valid: String,
    },
    /// Nothing is stored of a cell, or nothing that can be used.
    #[error("has no run of {} at n = {}, seed {}{}", init.label(), cell.width, cell.seed, if *diverged { " that did not diverge" } else { " yet" })]
    NoRuns {
        /// The factor that started random.
        init: Init,
        /// The width and the seed.
        cell: Cell,
        /// Whether there are runs, all of which diverged.
        diverged: bool,
    },
    /// The run has nothing to be used.
    #[error("the run at η = {} diverged after {step} steps, so its adapter is of no use", short(*lr))]
    Diverged {
        /// Its learning rate.
        lr: f64,
        /// Updates that were made.
        step: usize,
    },
    /// The same run would come out otherwise here.
    #[error("holds runs of numerics {:?}, but here they are {:?}: the base, the data or the processor is another", .0[0], .0[1])]
    OtherNumerics(Box<[String; 2]>),
    /// The run came out otherwise than it is stored.
    #[error(
        "run {key} came out otherwise than it is stored, so this is not its adapter, and nothing was written"
    )]
    OtherResult {
        /// Its key in hex.
        key: String,
    },
}

/// Runs that go on where they were, if there are any.
fn in_work(runs: usize) -> String {
    match runs {
        0 => String::new(),
        1 => " and one that has begun".to_owned(),
        many => format!(" and {many} that have begun"),
    }
}

/// Cells of a sweep that one call has to train.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingCells {
    /// Whose they are.
    pub of: Owner,
    /// The cells.
    pub cells: Vec<Cell>,
    /// The same in words.
    pub words: String,
    /// The words of the command line that trained the part; of an absent shard, those of the first part
    /// that is there. None where an older version did not note them.
    pub command: Vec<String>,
    /// The directory in which that command was typed, where that is known.
    pub directory: Option<String>,
}

/// Who has to train cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A part that is not finished: its directory, and its shard if it is one.
    Part(PathBuf, Option<Shard>),
    /// A shard that is not among the directories.
    Absent(Shard),
}

impl Display for Owner {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(dir, Some(shard)) => {
                write!(f, "shard {shard} in {} is not finished", dir.display())
            }
            Self::Part(dir, None) => write!(f, "the sweep in {} is not finished", dir.display()),
            Self::Absent(shard) => write!(f, "shard {shard} is not among the directories"),
        }
    }
}
