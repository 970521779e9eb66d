//! `peer-bench`: the CPU engines against JAX, PyTorch and PEFT; see `peer-bench --help`.

mod agree;
mod case;
mod cli;
mod contestant;
mod environment;
mod figure;
mod origin;
mod others;
mod ours;
mod panel;
mod process;
mod ratio;
mod report;
mod rounds;
mod table;
mod transformers;
mod whole_number;
mod worker;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use lora_sim::{CpuEngine, Engine};
use width_sweep::error::CommandError;

use crate::case::SEED;
use crate::cli::{Cli, Other};
use crate::origin::Origin;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.other {
        Some(Other::Transformers(options)) => transformers::run(&options.settled()),
        Some(Other::Worker { folder, threads }) => {
            transformers::work(&folder, threads).map(|()| String::new())
        }
        None => run(&cli.settled()),
    };
    match done {
        Ok(page) => {
            if !page.is_empty() {
                println!("{page}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// Every case in turn; the files are written anew after each, so that what is measured stays.
fn run(cli: &Cli) -> Result<String, CommandError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(cli.threads);
    pool.build_global().map_err(CommandError::failed)?;
    let folder = report::folder(cli)?;
    let python = environment::python()?;
    let cases = format!("{:?}", cli.cases());
    let mut origin = Origin::before(cli.quick, (&cases, SEED), CpuEngine::new().describe());
    let (start, mut rows, mut page) = (Instant::now(), Vec::new(), String::new());
    for case in cli.cases() {
        let measured = rounds::measure(&python, case, cli)?;
        rows.extend(measured.rows);
        origin.add(measured.versions, measured.notes, start.elapsed().as_secs_f64());
        page = report::write(&folder, &rows, &origin, cli)?;
    }
    Ok(page)
}
