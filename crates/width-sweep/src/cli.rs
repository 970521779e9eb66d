//! The command line.

mod bench;
mod merge;
mod report;
mod slurm;
mod tables;
mod transfer;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lora_sim::spec::Init;

use crate::experiment::OptimizerName;
use crate::shard::Shard;
use bench::BENCH_HELP;
pub use bench::BenchArgs;
use merge::MERGE_HELP;
pub use merge::MergeArgs;
use report::REPORT_HELP;
pub use report::ReportArgs;
use slurm::SLURM_HELP;
pub use slurm::SlurmArgs;
use tables::TABLES_HELP;
pub use tables::TablesArgs;
use transfer::TRANSFER_HELP;
pub use transfer::{Goal, Multiplier, TransferArgs};

const AFTER_HELP: &str = "\
Examples:
  width-sweep --quick                              see everything work, in seconds
  width-sweep run paper --set training.steps=400   the paper's setting, trained for longer
  width-sweep run paper --dry-run                  what a run would do and the memory it takes
  width-sweep status runs/paper                    how far a sweep is
  width-sweep run paper --shard 1/3                a third of a sweep, for one of three machines
  width-sweep plot runs/paper                      draw that run's figures again
  width-sweep export runs/paper --parquet          all its runs as tables, for pandas and polars
  width-sweep report runs/paper                    one page on that run, to open in a browser
  width-sweep predict --readout 1                  what the theory says of the muP readout
  width-sweep transfer --help                      carry a learning rate to a wider model
  width-sweep verify --quick                       every claim tested at small sizes
  width-sweep export-cell --out cell.npz           one run, to be replayed elsewhere
  width-sweep bench                                how fast training is on this machine

Exit codes: 0 done; 1 something failed; 2 the request is at fault, and nothing was run; 130 stopped
by Ctrl-C.";

const RUN_HELP: &str = "\
Writes to DIR: experiment.toml (every key), runs.csv (a row a run), trajectories.csv (a row a
recorded step), summary.json, manifest.json, and the figures scaling, norms, curves and phases,
each as .png, .svg, .csv (what is drawn) and .json (where it comes from).

Every finished run is kept in DIR/runs.sqlite. A sweep that was stopped, by Ctrl-C or by anything
else, goes on where it was when it is run again; a changed experiment trains what is new.";

const VERIFY_HELP: &str = "\
Writes to DIR: RESULTS.md (the page), verdicts.json, claims.csv (a row a claim), tests.csv (a row a
tested number), slopes.csv (a row a pair of neighbouring points), values.csv (a row a run), plan.json
(claims with predictions, written before anything is trained), and the figures. Finished cells are kept in DIR/cells: an interrupted
verification, called again, goes on where it was.

--engine is for studies of the whole network; the LoRA layer alone is always computed on the CPU.

Examples:
  width-sweep verify --quick            every claim at small sizes, in a few minutes
  width-sweep verify --list             the claims with their predictions; trains nothing
  width-sweep verify --only network     the claims whose name starts so

Exit codes: 0 done, whatever the verdicts; 1 something failed, or a negative control was not
refuted, so that the verdicts cannot be trusted; 2 the request is at fault.";

const EXPORT_HELP: &str = "\
Examples:
  width-sweep export-cell --out cell.npz
  width-sweep export-cell mup-readout --width 512 --init B --lr 0.003 --out b.npz
  width-sweep export-cell --steps 20 --set model.activation=tanh --out tanh.npz

FILE opens with numpy.load(FILE). It holds the data, every weight, A and B before and after, all
hyperparameters and the trajectory; README.md lists the keys. W_h is in it up to the width
model.explicit_hidden_up_to: beyond, H is drawn from its exact law and there is no W_h.";

/// Measures how the learning rate of LoRA scales with width, and compares it with the theory.
///
/// Without a command it runs the paper's experiment: `width-sweep` is `width-sweep run paper`.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
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
    #[command(after_help = RUN_HELP)]
    Run(RunArgs),
    /// Print the exponents that the theory predicts; trains nothing.
    Predict(PredictArgs),
    /// Carry a learning rate to another width or rank; trains nothing.
    #[command(after_help = TRANSFER_HELP)]
    Transfer(TransferArgs),
    /// Tell how far a sweep is, while it runs or after; changes nothing.
    Status(StatusArgs),
    /// Put the shards of a sweep together and write its tables and figures; trains nothing.
    #[command(after_help = MERGE_HELP)]
    Merge(MergeArgs),
    /// Write the scripts that train a sweep on a Slurm cluster, a shard a job, and submit them.
    #[command(after_help = SLURM_HELP)]
    Slurm(SlurmArgs),
    /// Analyse and draw a run's directory again; trains nothing.
    Plot(PlotArgs),
    /// Write every run that a sweep keeps as tables, for pandas, polars and the like.
    #[command(after_help = TABLES_HELP)]
    Export(TablesArgs),
    /// Write one HTML page on a finished run, to open in a browser; trains nothing.
    #[command(after_help = REPORT_HELP)]
    Report(ReportArgs),
    /// Train one run and write all that it takes to replay it elsewhere, as one NumPy .npz file.
    #[command(after_help = EXPORT_HELP)]
    ExportCell(ExportArgs),
    /// List the experiments in a directory, one line each.
    List(ListArgs),
    /// Measure every claim and say what holds, what is refuted, and what is undecided.
    #[command(after_help = VERIFY_HELP)]
    Verify(VerifyArgs),
    /// Measure how fast training is here, against what the machine can do.
    #[command(after_help = BENCH_HELP)]
    Bench(BenchArgs),
}

/// Arguments of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// An experiment file (TOML), or the name of one in experiments/ [default: paper]
    pub experiment: Option<PathBuf>,
    /// Where results go: a new directory or an earlier run's, whose finished runs are kept and
    /// whose other files are replaced [default: runs/NAME, or runs/NAME-quick]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to train on.
    #[command(flatten)]
    pub engine: EngineChoice,
    /// Threads to compute on.
    #[command(flatten)]
    pub threads: Threads,
    /// Small sizes, to see everything work: the paper's experiment in under ten seconds
    #[arg(long)]
    pub quick: bool,
    /// Change one key, such as training.steps=400 or model.activation=tanh; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Train one of K shares of the widths and seeds, each on a machine of its own, into
    /// DIR/shard-I-of-K; `merge` then writes tables and figures
    #[arg(long, value_name = "I/K")]
    pub shard: Option<Shard>,
    /// Start over: delete the runs that DIR/runs.sqlite keeps
    #[arg(long, conflicts_with = "dry_run")]
    pub fresh: bool,
    /// Print the plan, the engine and the memory it takes; trains and writes nothing
    #[arg(long)]
    pub dry_run: bool,
}

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

/// Arguments of `predict`.
#[derive(Clone, Debug, Args)]
pub struct PredictArgs {
    /// One initialisation only: A, B or AB [default: A and B]
    #[arg(long, value_enum, ignore_case = true)]
    pub init: Option<InitName>,
    /// Readout exponent a in W_out ~ N(0, n^-2a): 1/2 is standard, 1 is muP
    #[arg(long, value_name = "a", default_value = "1/2", value_parser = lora_theory::parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub readout: lora_theory::Rational,
    /// Update rule
    #[arg(long, value_enum, default_value = "adam")]
    pub optimizer: OptimizerName,
    /// Show everything at η = n^γ, such as -3/4, instead of at the critical exponents
    #[arg(long, value_name = "γ", value_parser = lora_theory::parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub lr_exponent: Option<lora_theory::Rational>,
    /// The LoRA layer alone, with an outside backward signal of order one, as in Theorems 1 and 2
    #[arg(long, conflicts_with = "readout")]
    pub layer: bool,
    /// Print JSON: a list with one entry for each initialisation, exponents as exact fractions
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// The directory of a sweep, of a shard, or of the shards of a sweep
    pub dir: PathBuf,
}

/// Arguments of `plot`.
#[derive(Clone, Debug, Args)]
pub struct PlotArgs {
    /// The directory of a run; its summary.json and figures are written anew
    pub dir: PathBuf,
}

/// Arguments of `export-cell`. Its flags win over the experiment and over `--set`.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// An experiment file (TOML), or the name of one in experiments/ [default: paper]
    pub experiment: Option<PathBuf>,
    /// n, in place of model.widths
    #[arg(long, value_name = "N", default_value = "128")]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=1 << 31))]
    pub width: u32,
    /// Which factor starts random: A, B or AB
    #[arg(long, value_enum, ignore_case = true, default_value = "A")]
    pub init: InitName,
    /// Learning rate of A; that of B is training.lr_ratio times it
    #[arg(long, value_name = "η", default_value = "0.01", allow_negative_numbers = true)]
    pub lr: f64,
    /// Seed of data, teacher, student and adapter
    #[arg(long, value_name = "S", default_value = "0")]
    #[arg(value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: u64,
    /// Updates, short for --set training.steps=T [default: the experiment's]
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u32).range(1..=1 << 31))]
    pub steps: Option<u32>,
    /// Readout exponent, short for --set model.readout_exponent=a [default: the experiment's]
    #[arg(long, value_name = "a", value_parser = lora_theory::parse_rational)]
    #[arg(allow_hyphen_values = true)]
    pub readout: Option<lora_theory::Rational>,
    /// Change one key of the experiment, such as training.optimizer=sgd; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// What to train on.
    #[command(flatten)]
    pub engine: EngineChoice,
    /// The file to write, in a directory that exists; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `list`.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Where to look for *.toml
    #[arg(default_value = "experiments")]
    pub dir: PathBuf,
}

/// Arguments of `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// Topic files (TOML) with claims and studies [default: those of experiments/verify/]
    pub topics: Vec<PathBuf>,
    /// Where results go: a new directory or an earlier verification's, which is gone on with
    /// [default: runs/verify, or runs/verify-quick]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to train on.
    #[command(flatten)]
    pub engine: EngineChoice,
    /// Threads to compute on.
    #[command(flatten)]
    pub threads: Threads,
    /// Small sizes: every claim and every negative control in a few minutes
    #[arg(long)]
    pub quick: bool,
    /// Only claims whose name, or whose study's, starts with PREFIX; may be repeated
    #[arg(long, value_name = "PREFIX")]
    pub only: Vec<String>,
    /// Print the claims with their predictions and tolerances, and train nothing
    #[arg(long)]
    pub list: bool,
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
