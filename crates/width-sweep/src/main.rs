//! `width-sweep`: see `width-sweep --help`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use width_sweep::{cli::Cli, execute};

fn main() -> ExitCode {
    match execute(Cli::parse()) {
        Ok(text) => {
            // A reader that has gone, such as `head`, is no failure.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
