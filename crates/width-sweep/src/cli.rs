//! The command line.

mod advise;
mod bench;
mod choices;
mod diagnose;
mod export_adapter;
mod export_cell;
mod judge;
mod limit;
mod map;
mod merge;
pub mod mistaken;
mod predict;
mod report;
mod run;
mod slurm;
mod tables;
mod transfer;
mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use advise::ADVISE_HELP;
pub use advise::AdviseArgs;
use bench::BENCH_HELP;
pub use bench::BenchArgs;
pub use choices::{EngineChoice, Threads};
use diagnose::DIAGNOSE_HELP;
pub use diagnose::DiagnoseArgs;
use export_adapter::ADAPTER_HELP;
pub use export_adapter::AdapterArgs;
use export_cell::EXPORT_HELP;
pub use export_cell::ExportArgs;
use judge::JUDGE_HELP;
pub use judge::{ColumnArgs, JudgeArgs, TheoryArgs};
use limit::LIMIT_HELP;
pub use limit::LimitArgs;
use map::MAP_HELP;
pub use map::MapArgs;
use merge::MERGE_HELP;
pub use merge::MergeArgs;
use predict::PREDICT_HELP;
pub use predict::PredictArgs;
use report::REPORT_HELP;
pub use report::ReportArgs;
use run::RUN_HELP;
pub use run::RunArgs;
use slurm::SLURM_HELP;
pub use slurm::SlurmArgs;
use tables::TABLES_HELP;
pub use tables::TablesArgs;
use transfer::TRANSFER_HELP;
pub use transfer::TransferArgs;
use verify::VERIFY_HELP;
pub use verify::VerifyArgs;

const AFTER_HELP: &str = "\
Examples:
  width-sweep --quick                              see everything work, at small sizes
  width-sweep run paper --set training.steps=400   the paper's setting, trained for longer
  width-sweep run paper --dry-run                  what a run would do and the memory it takes
  width-sweep status runs/paper                    how far a sweep is
  width-sweep run paper --shard 1/3                a third of a sweep, for one of three machines
  width-sweep slurm paper --nodes 8                the scripts that run it on a cluster
  width-sweep plot runs/paper                      draw that run's figures again
  width-sweep export runs/paper --parquet          all its runs as tables, for pandas and polars
  width-sweep report runs/paper                    one page on that run, to open in a browser
  width-sweep predict --readout 1                  what the theory says of the muP readout
  width-sweep advise --help                        init and learning rate for a PEFT config
  width-sweep diagnose adapter                     what a trained adapter says of its training
  width-sweep limit --quick                        the best learning rates as n → ∞, constants included
  width-sweep transfer --help                      carry a learning rate to a wider model
  width-sweep judge sweep.csv                      the exponents of a sweep in PyTorch or JAX
  width-sweep map runs/map/*                       what to assume to see what the paper shows
  width-sweep verify --quick                       every claim tested at small sizes
  width-sweep export-cell --out cell.npz           one run, to be replayed elsewhere
  width-sweep export-adapter runs/finetune --init A  a trained LoRA adapter, for PEFT
  width-sweep bench                                how fast training is on this machine

Exit codes: 0 done; 1 something failed; 2 the request is at fault, and nothing was run; 130 stopped
by Ctrl-C.";

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
    #[command(after_help = PREDICT_HELP)]
    Predict(PredictArgs),
    /// Say which init and which learning rate a PEFT config wants; trains nothing.
    #[command(after_help = ADVISE_HELP)]
    Advise(AdviseArgs),
    /// Say how trained PEFT adapters started, how far they moved and what they do; trains nothing.
    #[command(after_help = DIAGNOSE_HELP)]
    Diagnose(DiagnoseArgs),
    /// Solve the limit n → ∞ and print the constants of its learning rates; trains no network.
    #[command(after_help = LIMIT_HELP)]
    Limit(LimitArgs),
    /// Carry a learning rate to another width or rank; trains nothing.
    #[command(after_help = TRANSFER_HELP)]
    Transfer(TransferArgs),
    /// Judge a table of runs of any framework: exponents, verdicts, figures; trains nothing.
    #[command(after_help = JUDGE_HELP)]
    Judge(Box<JudgeArgs>),
    /// Say under which choices the paper's synthetic figures come out as printed; trains nothing.
    #[command(after_help = MAP_HELP)]
    Map(MapArgs),
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
    /// Write the LoRA adapter of one run of a transformer, for PEFT; trains that run again.
    #[command(after_help = ADAPTER_HELP)]
    ExportAdapter(AdapterArgs),
    /// List the experiments and the topics of claims in a directory, one line each.
    List(ListArgs),
    /// Measure every claim and say what holds, what is refuted, and what is undecided.
    #[command(after_help = VERIFY_HELP)]
    Verify(VerifyArgs),
    /// Measure how fast training is here, against what the machine can do.
    #[command(after_help = BENCH_HELP)]
    Bench(BenchArgs),
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
    /// The directory of a run; its summary.json and figures are written anew. Of its experiment.toml
    /// title, search.basin and the section figures may have been changed since
    pub dir: PathBuf,
    /// Make runs.csv and trajectories.csv again first, from runs.sqlite
    #[arg(long)]
    pub rebuild: bool,
}

/// Arguments of `list`.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Where to look for *.toml
    #[arg(default_value = "experiments")]
    pub dir: PathBuf,
}
