//! The command: experiment file → plan of cells → engine → store → analysis → figures and table.

pub mod analysis;
mod bench;
pub mod cli;
mod compared;
pub mod digest;
mod draw;
mod dry_run;
mod engine;
mod epsilon;
pub mod error;
pub mod experiment;
mod export;
#[cfg(test)]
mod fake_engine;
pub mod folder;
mod interrupt;
pub mod kept;
mod limits;
mod list;
pub mod manifest;
mod memory;
mod merge;
mod nearest;
mod numbers;
mod output;
pub mod plan;
mod predict;
pub mod prediction;
pub mod progress;
mod rebuild;
mod report;
pub mod rows;
mod run;
pub mod search;
pub mod shard;
pub mod shell;
mod slurm;
mod status;
pub mod store;
pub mod summary;
pub mod sweep;
mod table;
mod tables;
mod transfer;
pub mod verify;
mod warnings;

use cli::{Cli, Command, Threads};
use error::CommandError;

/// Does what the command line asks for; what belongs on standard output is returned.
pub fn execute(cli: Cli) -> Result<String, CommandError> {
    match cli.command {
        None => run::run(&cli.run),
        Some(Command::Run(arguments)) => run::run(&arguments),
        Some(Command::Predict(arguments)) => predict::predict(&arguments),
        Some(Command::Transfer(arguments)) => transfer::transfer(&arguments),
        Some(Command::Plot(arguments)) => run::plot(&arguments),
        Some(Command::Report(arguments)) => on_all_cores(|| report::report(&arguments)),
        Some(Command::Status(arguments)) => status::status(&arguments),
        Some(Command::Slurm(arguments)) => slurm::slurm(&arguments),
        Some(Command::Merge(arguments)) => on_all_cores(|| merge::merge(&arguments)),
        Some(Command::Export(arguments)) => tables::export(&arguments),
        Some(Command::ExportCell(arguments)) => export::export_cell(&arguments),
        Some(Command::List(arguments)) => list::list(&arguments),
        Some(Command::Bench(arguments)) => bench::bench(&arguments),
        Some(Command::Verify(arguments)) => verify::verify(&arguments),
    }
}

/// On threads of its own: those that start by themselves end the process where they cannot.
fn on_all_cores(
    act: impl FnOnce() -> Result<String, CommandError> + Send,
) -> Result<String, CommandError> {
    run::pool(Threads { threads: None })?.install(act)
}
