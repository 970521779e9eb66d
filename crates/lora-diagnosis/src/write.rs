//! What a diagnosis leaves in a directory.

use std::path::{Path, PathBuf};

use lora_figures::Style;
use lora_store::folder::{Folder, Known};
use serde::Serialize;

use crate::answer::DiagnoseAnswer;
use crate::error::DiagnoseError;
use crate::figure::figure;
use crate::table::rows;

/// The answer for programs, by which the directory is known.
const DIAGNOSIS: &str = "diagnosis.json";
/// A row for each module.
const MODULES: &str = "modules.csv";
/// The figure, without its ending.
const FIGURE: &str = "depth";

/// How the directory of a diagnosis is known.
pub const KNOWN: Known =
    Known { files: &[(DIAGNOSIS, "\"diagnosed_by\"")], alone: None, by: "diagnosis" };

#[derive(Serialize)]
struct Document<'a> {
    diagnosed_by: &'static str,
    #[serde(flatten)]
    answer: &'a DiagnoseAnswer,
}

/// Writes `diagnosis.json`, `modules.csv`, and the figure as PNG, SVG and CSV. The paths of the table and of the
/// picture are returned.
///
/// # Errors
/// [`DiagnoseError::Store`] for a directory that takes no files or holds those of somebody else,
/// [`DiagnoseError::Figure`] for a figure that cannot be drawn.
pub fn write(answer: &DiagnoseAnswer, dir: &Path) -> Result<Vec<PathBuf>, DiagnoseError> {
    let folder = Folder::for_writing(dir, &KNOWN)?;
    folder.write_json(DIAGNOSIS, &Document { diagnosed_by: "lora-limits", answer })?;
    folder.write_csv(MODULES, &rows(answer))?;
    let files =
        lora_figures::layers(&figure(answer), &folder.dir().join(FIGURE), &Style::default())?;
    Ok(vec![folder.dir().join(MODULES), files.png])
}
