//! The private Python environment with the versions of requirements.txt.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use width_sweep::error::CommandError;

const PINS: &str = include_str!("../requirements.txt");

/// The directory of this crate's Python files.
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

/// The directory of the environment, the exported runs and the logs.
pub fn work() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peer-bench")
}

/// The environment's interpreter. If requirements.txt is new, installs everything first. The variable
/// PYTHON names another python3 to create the environment with.
///
/// # Errors
/// If there is no python3 with venv, or pip cannot install the requirements.
pub fn python() -> Result<PathBuf, CommandError> {
    let (place, done) = (work().join("venv"), work().join("installed.txt"));
    let python = place.join("bin/python");
    if fs::read_to_string(&done).is_ok_and(|pins| pins == PINS) {
        return Ok(python);
    }
    eprintln!("installing JAX and PyTorch to {} ...", place.display());
    let _ = fs::remove_dir_all(&place);
    let base = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let need = "peer-bench needs python3 (3.11 or later) with venv (Debian: apt-get install \
                python3-venv); PYTHON=/path/to/python3 names another";
    check(Command::new(base).args(["-m", "venv"]).arg(&place), need)?;
    let pins = Path::new(env!("CARGO_MANIFEST_DIR")).join("requirements.txt");
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(["--only-binary", ":all:", "-r"]).arg(&pins);
    check(&mut pip, &format!("pip could not install what {} pins", pins.display()))?;
    fs::write(&done, PINS).map_err(|error| CommandError::file(&done, error))?;
    Ok(python)
}

fn check(command: &mut Command, message: &str) -> Result<(), CommandError> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(CommandError::Failed(message.to_owned())),
    }
}
