//! `width-sweep`: see `width-sweep --help`.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use width_sweep::cli::Cli;
use width_sweep::error::CommandError;
use width_sweep::execute;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    match Cli::read(&words).and_then(execute).and_then(|text| print(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be reading; the exit code still tells.
            let kind = if matches!(error, CommandError::Interrupted(_)) { "" } else { "error: " };
            let _ = writeln!(std::io::stderr(), "{kind}{error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// A reader that has gone, such as `head`, is no failure; a full disk is.
fn print(text: &str) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CommandError::Failed(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}
