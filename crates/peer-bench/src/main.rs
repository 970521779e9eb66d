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

use std::collections::BTreeMap;
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
    let python = environment::python()?;
    let (start, load_before) = (Instant::now(), report::load());
    let (mut rows, mut notes, mut versions) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut page = String::new();
    for case in cli.cases() {
        let measured = rounds::measure(&python, case, cli)?;
        rows.extend(measured.rows);
        notes.extend(measured.notes);
        versions.extend(measured.versions);
        let times = (start.elapsed().as_secs_f64(), load_before);
        let engine = CpuEngine::new().describe();
        let origin = Origin::new(cli, engine, versions.clone(), notes.clone(), times);
        page = report::write(&rows, &origin, cli)?;
    }
    Ok(page)
}
