//! The figures that lie in a directory.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use lora_report::Picture;
use serde::Deserialize;

use crate::draw::{CONVERGENCE_TITLE, COORDINATES_TITLE, DEPTH_TITLE};
use crate::{AnalysisError, FileFault};
use lora_store::digest::{self, Digests};
use lora_store::error::Remedy;
use lora_store::manifest::Manifest;
use lora_store::run_dir::{ReadBack, Store};

/// The figure that is drawn of transformers alone.
const DEPTH: &str = "depth";

/// The figure of the theory, which does not treat transformers.
const PHASES: &str = "phases";

/// The figure that has the limit n → ∞ among the widths.
const IN_C: &str = "curves-in-c";

/// The figures of a coordinate check.
const CHECK: [&str; 2] = ["coordinates", "convergence"];

/// A run's figures with their titles.
const OF_RUN: [(&str, &str); 8] = [
    ("scaling", "Learning rates and loss against width"),
    ("curves", "Loss against learning rate"),
    (IN_C, "Loss against c at every width and at n = ∞"),
    ("norms", "Feature norms over training at the optimal learning rate"),
    (DEPTH, DEPTH_TITLE),
    (CHECK[0], COORDINATES_TITLE),
    (CHECK[1], CONVERGENCE_TITLE),
    (PHASES, "What a learning rate of order n^γ does as n grows"),
];

/// A verification's.
const OF_VERIFICATION: [(&str, &str); 4] = [
    ("verdicts", "Exponents, predicted and measured"),
    ("drift", "Local exponents against width"),
    ("lora-plus", "A learning rate for each factor: theory and measurement"),
    ("collapse", "Peak of Z_B against the learning rate, raw and in the units of the limit"),
];

/// The figures of a run, and a sentence on those that are missing. A figure that was changed, or
/// that was drawn before the tables or the experiment were changed, is refused.
///
/// # Errors
/// [`AnalysisError::OutdatedFigure`] for such a figure, [`AnalysisError::File`] for one that cannot be read
/// or shown.
pub fn of_run(store: &Store, run: &ReadBack) -> Result<(Vec<Picture>, String), AnalysisError> {
    let dir = store.dir();
    let check = |name: &str, path: &Path, svg: &str| {
        let origin = FigureOrigin::of(dir, name)?;
        if let Some(FigureOrigin { drawn, .. }) = &origin {
            digest::check(drawn, (path, svg.as_bytes()), Remedy::DrawAgain(dir.to_owned()))?;
        }
        if origin.map_or(!run.has_digests(), |origin| origin.is_of(&run.manifest)) {
            return Ok(());
        }
        Err(AnalysisError::OutdatedFigure { path: path.to_owned() })
    };
    let without = if run.experiment.model.kind.is_synthetic() { DEPTH } else { PHASES };
    let checked = run.experiment.figures.coordinates_lr > 0.0;
    let limit = run.experiment.model.widths.has_infinite();
    let asked = |name: &str| (checked || !CHECK.contains(&name)) && (limit || name != IN_C);
    let wanted = |name: &str| name != without && asked(name);
    let drawn: Vec<_> = OF_RUN.into_iter().filter(|(name, _)| wanted(name)).collect();
    let (pictures, missing) = read(dir, &drawn, &check)?;
    let sentence = match missing.as_slice() {
        [] => String::new(),
        missing => format!(
            "The directory lacks {}. All figures can be drawn again from its tables.",
            missing.join(", ")
        ),
    };
    Ok((pictures, sentence))
}

/// The figures of a verification; a small one lacks some. A figure that was changed is refused.
///
/// # Errors
/// [`AnalysisError::File`] for a figure that cannot be read or shown.
pub fn of_verification(dir: &Path, digests: &Digests) -> Result<Vec<Picture>, AnalysisError> {
    let check = |_: &str, path: &Path, svg: &str| {
        Ok(digest::check(digests, (path, svg.as_bytes()), Remedy::VerifyAgain)?)
    };
    Ok(read(dir, &OF_VERIFICATION, &check)?.0)
}

/// What a figure's manifest says of where it comes from.
#[derive(Deserialize)]
struct FigureOrigin {
    #[serde(default)]
    drawn: Digests,
    #[serde(default)]
    digests: Digests,
    experiment_sha256: String,
}

impl FigureOrigin {
    /// Of a figure of a directory; none where the figure has no manifest.
    fn of(dir: &Path, name: &str) -> Result<Option<Self>, AnalysisError> {
        let path = dir.join(format!("{name}.json"));
        match fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map(Some).map_err(|error| spoilt(&path, error))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(spoilt(&path, error)),
        }
    }

    /// Whether it was drawn from the tables and the experiment of a run.
    fn is_of(&self, run: &Manifest) -> bool {
        self.digests == run.digests && self.experiment_sha256 == run.experiment_sha256
    }
}

fn spoilt(path: &Path, fault: impl Into<FileFault>) -> AnalysisError {
    AnalysisError::File { path: path.to_owned(), fault: fault.into() }
}

type PictureCheck<'a> = &'a dyn Fn(&str, &Path, &str) -> Result<(), AnalysisError>;

fn read(
    dir: &Path,
    all: &[(&str, &str)],
    check: PictureCheck,
) -> Result<(Vec<Picture>, Vec<String>), AnalysisError> {
    let (mut pictures, mut missing) = (Vec::new(), Vec::new());
    for (name, title) in all {
        let file = format!("{name}.svg");
        let path = dir.join(&file);
        match fs::read_to_string(&path) {
            Ok(svg) => {
                let picture = Picture::new(name, title, &svg);
                pictures.push(picture.map_err(|error| spoilt(&path, error))?);
                check(name, &path, &svg)?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => missing.push(file),
            Err(error) => return Err(spoilt(&path, error)),
        }
    }
    Ok((pictures, missing))
}
