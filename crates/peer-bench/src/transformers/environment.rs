//! The Python environment of tests/transformers, with PyTorch, transformers and PEFT.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use width_sweep::error::CommandError;

/// Its interpreter. The script installs what is not there.
///
/// # Errors
/// If the environment cannot be made.
pub fn python() -> Result<PathBuf, CommandError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let script = root.join("tests/transformers/run.sh");
    let mut command = Command::new("bash");
    command.arg(&script).arg("--environment").stdin(Stdio::null()).stdout(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(root.join("target/transformers/venv/bin/python")),
        _ => Err(CommandError::Failed(
            "tests/transformers/run.sh --environment could not install PyTorch and PEFT".to_owned(),
        )),
    }
}
