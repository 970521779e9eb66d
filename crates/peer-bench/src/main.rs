//! `peer-bench`: the CPU engine against JAX and PyTorch; see `peer-bench --help`.

mod agree;
mod case;
mod cli;
mod contestant;
mod environment;
mod figure;
mod others;
mod ours;
mod ratio;
mod report;
mod rounds;
mod table;
mod worker;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use lora_sim::{CpuEngine, Engine};
use width_sweep::error::CommandError;

use crate::cli::Cli;
use crate::report::Origin;

fn main() -> ExitCode {
    match run(&Cli::parse().settled()) {
        Ok(page) => {
            println!("{page}");
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
    let mut origin = Origin::before(cli, CpuEngine::new().describe());
    let (start, mut rows, mut page) = (Instant::now(), Vec::new(), String::new());
    for case in cli.cases() {
        let measured = rounds::measure(&python, case, cli)?;
        rows.extend(measured.rows);
        origin.add(measured.versions, measured.notes, start.elapsed().as_secs_f64());
        page = report::write(&folder, &rows, &origin, cli)?;
    }
    Ok(page)
}
