//! The command line: reads arguments, calls the library crates, prints, and sets exit codes.

mod advise;
mod bench;
pub mod cli;
mod conclude;
mod diagnose;
mod dry_run;
pub mod error;
mod export_adapter;
mod export_cell;
mod judge;
mod laws;
mod limit;
mod list;
mod map;
mod merge;
mod out_file;
mod predict;
mod report;
mod run;
mod slurm;
mod status;
mod terminal;
mod threads;
mod transfer;
pub mod typed;
mod verify;

use std::path::PathBuf;

use crate::error::CommandError;
use cli::{Cli, Command, Threads};

/// Does what the command line asks for; what belongs on standard output is returned.
pub fn execute(cli: Cli) -> Result<String, CommandError> {
    match cli.command {
        None => run::run(&cli.run),
        Some(Command::Run(arguments)) => run::run(&arguments),
        Some(Command::Predict(arguments)) => predict::predict(&arguments),
        Some(Command::Advise(arguments)) => advise::advise(&arguments),
        Some(Command::Diagnose(arguments)) => on_all_cores(|| diagnose::diagnose(&arguments)),
        Some(Command::Limit(arguments)) => limit::limit(&arguments),
        Some(Command::Transfer(arguments)) => transfer::transfer(&arguments),
        Some(Command::Judge(arguments)) => on_all_cores(|| judge::judge_table(&arguments)),
        Some(Command::Plot(arguments)) => run::plot(&arguments),
        Some(Command::Report(arguments)) => on_all_cores(|| report::report(&arguments)),
        Some(Command::Laws(arguments)) => on_all_cores(|| laws::laws(&arguments)),
        Some(Command::Map(arguments)) => on_all_cores(|| map::map(&arguments)),
        Some(Command::Status(arguments)) => status::status(&arguments),
        Some(Command::Slurm(arguments)) => slurm::slurm(&arguments),
        Some(Command::Merge(arguments)) => on_all_cores(|| merge::merge(&arguments)),
        Some(Command::Export(arguments)) => export(&arguments),
        Some(Command::ExportCell(arguments)) => export_cell::export_cell(&arguments),
        Some(Command::ExportAdapter(arguments)) => export_adapter::export_adapter(&arguments),
        Some(Command::List(arguments)) => list::list(&arguments),
        Some(Command::Bench(arguments)) => bench::bench(&arguments),
        Some(Command::Verify(arguments)) => verify::verify(&arguments),
    }
}

fn export(arguments: &cli::TablesArgs) -> Result<String, CommandError> {
    use lora_store::tables::{self, Format};
    let format = if arguments.format.parquet { Format::Parquet } else { Format::Csv };
    let exported = tables::export(&arguments.dir, arguments.out.as_deref(), format)?;
    let line = |(path, rows): &(PathBuf, usize)| format!("{}: {rows} rows\n", path.display());
    let lines: String = exported.tables.iter().map(line).collect();
    Ok(format!("{lines}{}: what every column holds\n", exported.columns.display()))
}

/// On threads of its own: those that start by themselves end the process where they cannot.
fn on_all_cores(
    act: impl FnOnce() -> Result<String, CommandError> + Send,
) -> Result<String, CommandError> {
    threads::pool(Threads { threads: None })?.install(act)
}
