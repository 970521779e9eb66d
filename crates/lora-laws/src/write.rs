//! The files: a table and a figure.

use std::path::{Path, PathBuf};

use lora_figures::Style;
use lora_store::folder::{Folder, Known};

use crate::error::LawsError;
use crate::figure::{figure, modules};
use crate::law::Law;
use crate::row::LawRow;

const TABLE: &str = "laws.csv";
/// A figure leaves a table of its own name.
const FIGURE: &str = "exponents";
const MODULES: &str = "modules";

/// How a directory of laws is known.
pub const KNOWN: Known =
    Known { files: &[(TABLE, "run,model,quick,init,quantity,module")], alone: None, by: "laws" };

/// Writes `laws.csv`, the figure `exponents`, and the figure `modules` where there is a transformer, and returns what was
/// written.
///
/// # Errors
/// [`LawsError::Store`] or [`LawsError::Figure`] where the directory is not one of laws, or the disk refuses.
pub fn write(laws: &[Law], dir: &Path) -> Result<Vec<PathBuf>, LawsError> {
    let folder = Folder::for_writing(dir, &KNOWN)?;
    // First, since the directory is known by it.
    folder.write_csv(TABLE, &laws.iter().map(LawRow::of).collect::<Vec<_>>())?;
    let mut written = vec![folder.dir().join(TABLE)];
    let figures = [(FIGURE, Some(figure(laws))), (MODULES, modules(laws))];
    for (name, figure) in figures {
        let Some(figure) = figure else { continue };
        let files = lora_figures::verdicts(&figure, &folder.dir().join(name), &Style::default())?;
        written.extend([files.png, files.svg]);
    }
    Ok(written)
}
