//! The files of a map: a table and a figure.

use std::path::{Path, PathBuf};

use lora_figures::Style;
use lora_store::folder::{Folder, Known};

use crate::error::MapError;
use crate::figure::figure;
use crate::map::Map;

const TABLE: &str = "map.csv";
const FIGURE: &str = "choices";

/// How a map's directory is known.
pub const KNOWN: Known =
    Known { files: &[(TABLE, "readout_exponent,hidden,teacher_scale")], alone: None, by: "map" };

/// Writes `map.csv` and the figure `choices`, and returns what was written.
///
/// # Errors
/// [`MapError::Store`] or [`MapError::Figure`] where the directory is not one of a map, or the disk refuses.
pub fn write(map: &Map, dir: &Path) -> Result<Vec<PathBuf>, MapError> {
    let folder = Folder::for_writing(dir, &KNOWN)?;
    // First, since the directory is known by it.
    folder.write_csv(TABLE, &map.rows())?;
    let files =
        lora_figures::choices(&figure(map)?, &folder.dir().join(FIGURE), &Style::default())?;
    Ok(vec![folder.dir().join(TABLE), files.png, files.svg])
}
