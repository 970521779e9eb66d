//! What a judgement leaves in a directory.

use std::fs;
use std::path::{Path, PathBuf};

use lora_analysis::{AnalysisError, FileFault};
use lora_figures::{Drawing, Style};
use lora_report::Picture;
use lora_store::folder::{Folder, Known};
use serde::{Deserialize, Serialize};

use crate::coordinate::{CoordinateCheck, CoordinateRow};
use crate::coordinate_figure;
use crate::error::JudgeError;
use crate::figures::{FIGURES, drawings_of};
use crate::judged::{Judged, JudgedSweep};
use crate::page::page;

/// The judgement for programs, by which the directory is known.
const JUDGED: &str = "judged.json";

/// The table of a coordinate check.
const COORDINATES: &str = "coordinates.csv";

/// Its figure.
const DRIFT: &str = "exponents";

/// How the directory of a judgement is known.
pub const KNOWN: Known =
    Known { files: &[(JUDGED, "\"judged_by\"")], alone: None, by: "judgement" };

/// The content of the file for programs.
#[derive(Serialize)]
struct Document<'a, T: Serialize> {
    judged_by: &'static str,
    /// Every other file.
    files: Vec<String>,
    #[serde(flatten)]
    content: &'a T,
}

/// What is read of an earlier one.
#[derive(Default, Deserialize)]
struct Earlier {
    #[serde(default)]
    files: Vec<String>,
}

/// Writes `judged.json`, and for each setting the figures as PNG, SVG and CSV and a page. `typed` is the line
/// that makes the page again. The paths of the pages are returned.
///
/// # Errors
/// [`JudgeError::Store`] for a directory that takes no files or holds those of somebody else,
/// [`JudgeError::Analysis`] for a figure that cannot be drawn.
pub fn write(judged: &Judged, dir: &Path, typed: &str) -> Result<Vec<PathBuf>, JudgeError> {
    let folder = Folder::for_writing(dir, &KNOWN)?;
    let stems = stems(judged);
    let files = stems.iter().flat_map(|stem| files_of(stem)).collect();
    begin(&folder, judged, files)?;
    let mut pages = Vec::new();
    for (one, stem) in judged.sweeps.iter().zip(&stems) {
        for drawing in drawings_of(judged, one, stem) {
            drawing.write(folder.dir(), &Style::default()).map_err(AnalysisError::from)?;
        }
        let pictures = FIGURES.map(|(name, title)| picture(&folder, stem, name, title));
        let pictures = pictures.into_iter().collect::<Result<Vec<_>, _>>()?;
        let page = page(judged, one, pictures, typed)?;
        let name = format!("{stem}{PAGE}");
        folder.write(&name, page.as_bytes())?;
        pages.push(folder.dir().join(name));
    }
    Ok(pages)
}

/// The figures of a judgement, two for each setting, which [`write()`] leaves in a directory.
pub fn drawings(judged: &Judged) -> Vec<Drawing> {
    let stems = stems(judged);
    let settings = judged.sweeps.iter().zip(&stems);
    settings.flat_map(|(one, stem)| drawings_of(judged, one, stem)).collect()
}

/// Writes `judged.json`, and the table and the figure of a coordinate check. The paths of the table and of the
/// picture, where there is one, are returned.
///
/// # Errors
/// [`JudgeError::Store`] for a directory that takes no files or holds those of somebody else,
/// [`JudgeError::Analysis`] for a figure that cannot be drawn.
pub fn write_check(check: &CoordinateCheck, dir: &Path) -> Result<Vec<PathBuf>, JudgeError> {
    let folder = Folder::for_writing(dir, &KNOWN)?;
    let files = drift_files().into_iter().chain([COORDINATES.to_owned()]).collect();
    begin(&folder, check, files)?;
    let rows: Vec<CheckRow> = check.rows.iter().map(CheckRow::from).collect();
    folder.write_csv(COORDINATES, &rows)?;
    let mut written = vec![folder.dir().join(COORDINATES)];
    if coordinate_figure::draw(check, &folder.dir().join(DRIFT))? {
        written.push(folder.dir().join(format!("{DRIFT}.png")));
    } else {
        // What an earlier check has drawn.
        folder.remove_figure(DRIFT)?;
    }
    Ok(written)
}

fn drift_files() -> [String; 3] {
    ["csv", "png", "svg"].map(|end| format!("{DRIFT}.{end}"))
}

/// The page of a setting, behind its stem.
const PAGE: &str = "report.html";

fn stems(judged: &Judged) -> Vec<String> {
    judged.sweeps.iter().enumerate().map(|(at, one)| stem(judged, at, one)).collect()
}

/// How the files of a setting begin: nothing if it is the only one, else its number and its name.
fn stem(judged: &Judged, at: usize, one: &JudgedSweep) -> String {
    if judged.sweeps.len() == 1 {
        return String::new();
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name: String = one.sweep.name().chars().map(plain).take(60).collect();
    format!("{}-{name}-", at + 1)
}

/// The files of a setting.
fn files_of(stem: &str) -> Vec<String> {
    let figure =
        |(name, _): (&str, &str)| ["csv", "png", "svg"].map(|end| format!("{stem}{name}.{end}"));
    FIGURES.into_iter().flat_map(figure).chain([format!("{stem}{PAGE}")]).collect()
}

/// Writes the file by which the directory is known, and removes what an earlier judgement left.
fn begin(folder: &Folder, content: &impl Serialize, files: Vec<String>) -> Result<(), JudgeError> {
    let earlier = folder.read(JUDGED)?.unwrap_or_default();
    let earlier: Earlier = serde_json::from_str(&earlier).unwrap_or_default();
    folder.write_json(
        JUDGED,
        &Document { judged_by: "lora-limits", files: files.clone(), content },
    )?;
    // Only what has a name of ours, whatever the file says.
    let ends = |name: &str| files_of("").iter().any(|own| name.ends_with(own.as_str()));
    let ours = |name: &&String| {
        let plain = Path::new(name).file_name() == Some(name.as_ref());
        plain && (name.as_str() == COORDINATES || drift_files().contains(name) || ends(name))
    };
    let stale = earlier.files.iter().filter(|name| !files.contains(name)).filter(ours);
    stale.into_iter().try_for_each(|name| folder.remove(name))?;
    Ok(())
}

fn picture(folder: &Folder, stem: &str, name: &str, title: &str) -> Result<Picture, AnalysisError> {
    let path = folder.dir().join(format!("{stem}{name}.svg"));
    let spoilt = |fault: FileFault| AnalysisError::File { path: path.clone(), fault };
    let svg = fs::read_to_string(&path).map_err(|error| spoilt(error.into()))?;
    Picture::new(name, title, &svg).map_err(|error| spoilt(error.into()))
}

/// One row of the table of a coordinate check.
#[derive(Serialize)]
struct CheckRow {
    setting: String,
    init: lora_types::Init,
    size: String,
    step: Option<u64>,
    exponent: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    predicted: Option<String>,
    agreement: &'static str,
    verdict: &'static str,
    seeds: usize,
    widths: usize,
}

impl From<&CoordinateRow> for CheckRow {
    fn from(row: &CoordinateRow) -> Self {
        let part = |(column, value): (&String, &String)| format!("{column} {value}");
        Self {
            setting: row.setting.iter().map(part).collect::<Vec<_>>().join(", "),
            init: row.init,
            size: row.size.clone(),
            step: row.step,
            exponent: row.fit.exponent,
            lower: row.fit.lower,
            upper: row.fit.upper,
            predicted: row.fit.predicted_exact.clone(),
            agreement: row.fit.agreement.words(),
            verdict: row.test.verdict.map_or("", lora_types::Verdict::name),
            seeds: row.fit.seeds,
            widths: row.fit.widths_used.len(),
        }
    }
}
