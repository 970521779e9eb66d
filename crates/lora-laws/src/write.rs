//! The files: a table and figures.

use std::path::{Path, PathBuf};

use lora_figures::Style;
use lora_store::folder::{Folder, Known};

use crate::error::LawsError;
use crate::figure::{figure, modules, rates};
use crate::glance::glance;
use crate::law::Law;
use crate::row::LawRow;
use crate::run::MeasuredRun;
use crate::stability;

const TABLE: &str = "laws.csv";
/// A figure leaves a table of its own name.
const FIGURE: &str = "exponents";
const RATES: &str = "rates";
const MODULES: &str = "modules";
const GLANCE: &str = "glance";
/// What stands before the name of a run in the names of its own figures.
const STABILITY: &str = "stability-";
const MOVES: &str = "moves-";

/// Runs of which one figure holds all exponents. That of more is too long to be read, and [`RATES`] is short.
const MOST_RUNS: usize = 8;

/// How a directory of laws is known.
pub const KNOWN: Known =
    Known { files: &[(TABLE, "run,model,quick,init,quantity,module")], alone: None, by: "laws" };

/// Writes `laws.csv`, the figures `glance` and `rates`, the figure `exponents` of up to eight runs, and the figure
/// `modules` where there is a transformer, and returns what was written. With `with_stability` each run has the figures
/// `stability-RUN` and `moves-RUN`, too. Figures of earlier laws do not stay.
///
/// # Errors
/// [`LawsError::Store`] or [`LawsError::Figure`] where the directory is not one of laws, or the disk refuses.
pub fn write(
    runs: &[MeasuredRun],
    laws: &[Law],
    dir: &Path,
    with_stability: bool,
) -> Result<Vec<PathBuf>, LawsError> {
    let folder = Folder::for_writing(dir, &KNOWN)?;
    // First, since the directory is known by it.
    folder.write_csv(TABLE, &laws.iter().map(LawRow::of).collect::<Vec<_>>())?;
    let at = |name: &str| folder.dir().join(name);
    let mut written = vec![at(TABLE)];
    let files = lora_figures::phases(&glance(runs, laws), &at(GLANCE), &Style::default())?;
    written.extend([files.png, files.svg]);
    let all = (runs.len() <= MOST_RUNS).then(|| figure(laws));
    for (name, figure) in [(RATES, Some(rates(laws))), (FIGURE, all), (MODULES, modules(laws))] {
        let Some(figure) = figure else {
            folder.remove_figure(name)?;
            continue;
        };
        let files = lora_figures::verdicts(&figure, &at(name), &Style::default())?;
        written.extend([files.png, files.svg]);
    }
    for name in earlier(folder.dir()) {
        folder.remove_figure(&name)?;
    }
    for (index, run) in runs.iter().enumerate().filter(|_| with_stability) {
        for (name, figure) in [STABILITY, MOVES].into_iter().zip(stability::figures(run)) {
            let stem = at(&format!("{name}{}", file_name(index, &run.label)));
            let files = lora_figures::curves(&figure, &stem, &Style::default())?;
            written.extend([files.png, files.svg]);
        }
    }
    Ok(written)
}

/// A run in the name of a file: its label, or its number and the label where that is a path.
fn file_name(index: usize, label: &str) -> String {
    let plain = label.replace(['/', '\\'], "-");
    if plain == label { plain } else { format!("{}-{plain}", index + 1) }
}

/// Names of the figures of single runs that lie in a directory with all their files.
fn earlier(dir: &Path) -> Vec<String> {
    let entries = dir.read_dir().into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut figures: Vec<String> =
        names.filter_map(|name| name.strip_suffix(".csv").map(str::to_owned)).collect();
    let whole = |name: &String| {
        ["png", "svg"].iter().all(|ending| dir.join(format!("{name}.{ending}")).is_file())
    };
    figures.retain(|name| [STABILITY, MOVES].iter().any(|of| name.starts_with(of)) && whole(name));
    figures
}
