//! The file that `--out FILE` names.

use std::path::Path;

use crate::error::CommandError;
use lora_analysis::verdict;
use lora_runner::progress::tell;
use lora_store::folder::Known;
use lora_store::output::{FileKind, Output};
use lora_store::{run_dir, tables};

/// Directories whose files are not replaced.
const PROTECTED: [&Known; 3] = [&run_dir::KNOWN, &verdict::KNOWN, &tables::KNOWN];

/// The file of that name, which may replace an earlier one of its kind.
pub fn open(path: &Path, kind: &FileKind) -> Result<Output, CommandError> {
    Ok(Output::to(path, kind, &PROTECTED)?)
}

/// A line about the file: for standard output, unless that is the file itself.
pub fn told(output: &Output, line: &str) -> String {
    if output.is_standard() {
        tell(line);
        return String::new();
    }
    format!("{line}\n")
}
