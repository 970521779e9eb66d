//! What a diagnosis leaves in a directory.

use std::path::{Path, PathBuf};

use lora_figures::Style;
use lora_store::folder::{Folder, Known};
use serde::Serialize;

use crate::answer::DiagnoseAnswer;
use crate::error::DiagnoseError;
use crate::figure::drawing;
use crate::page::{DIAGNOSIS, page};
use crate::table::rows;

/// A row for each module.
const MODULES: &str = "modules.csv";
/// The page.
const PAGE: &str = "report.html";

/// How the directory of a diagnosis is known.
pub const KNOWN: Known =
    Known { files: &[(DIAGNOSIS, "\"diagnosed_by\"")], alone: None, by: "diagnosis" };

#[derive(Serialize)]
struct Document<'a> {
    diagnosed_by: &'static str,
    /// The line that diagnoses again.
    again: &'a str,
    #[serde(flatten)]
    answer: &'a DiagnoseAnswer,
}

/// Writes `diagnosis.json`, `modules.csv`, the figure as PNG, SVG and CSV, and the page. `again` is the line that
/// diagnoses again. The paths of the table, of the picture and of the page are returned.
///
/// # Errors
/// [`DiagnoseError::Store`] for a directory that takes no files or holds those of somebody else,
/// [`DiagnoseError::Figure`] for a figure that cannot be drawn.
pub fn write(
    answer: &DiagnoseAnswer,
    dir: &Path,
    again: &str,
) -> Result<Vec<PathBuf>, DiagnoseError> {
    let folder = Folder::for_writing(dir, &KNOWN)?;
    folder.write_json(DIAGNOSIS, &Document { diagnosed_by: "lora-limits", again, answer })?;
    folder.write_csv(MODULES, &rows(answer))?;
    let files = drawing(answer).write(folder.dir(), &Style::default())?;
    folder.write(PAGE, page(dir)?.as_bytes())?;
    Ok(vec![folder.dir().join(MODULES), files.png, folder.dir().join(PAGE)])
}
