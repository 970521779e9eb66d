//! The figures that lie in a directory.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use lora_report::Picture;

use crate::error::CommandError;
use crate::store::Store;

/// A run's figures with their titles.
const OF_RUN: [(&str, &str); 4] = [
    ("scaling", "Learning rates and loss against width"),
    ("curves", "Loss against learning rate"),
    ("norms", "Feature norms over training at the optimal learning rate"),
    ("phases", "What a learning rate of order n^γ does as n grows"),
];

/// A verification's.
const OF_VERIFICATION: [(&str, &str); 3] = [
    ("verdicts", "Exponents, predicted and measured"),
    ("drift", "Local exponents against width"),
    ("lora-plus", "A learning rate for each factor: theory and measurement"),
];

/// Those of a run, and a sentence on those that are not there.
pub fn of_run(store: &Store) -> Result<(Vec<Picture>, String), CommandError> {
    let (pictures, missing) = read(store.dir(), &OF_RUN)?;
    let sentence = match missing.as_slice() {
        [] => String::new(),
        missing => format!(
            "Not in the directory: {}. “width-sweep plot” with the directory draws all of them \
             again.",
            missing.join(", ")
        ),
    };
    Ok((pictures, sentence))
}

/// Those of a verification that are there; a small one has not all.
pub fn of_verification(dir: &Path) -> Result<Vec<Picture>, CommandError> {
    Ok(read(dir, &OF_VERIFICATION)?.0)
}

fn read(dir: &Path, all: &[(&str, &str)]) -> Result<(Vec<Picture>, Vec<String>), CommandError> {
    let (mut pictures, mut missing) = (Vec::new(), Vec::new());
    for (name, title) in all {
        let file = format!("{name}.svg");
        let path = dir.join(&file);
        match fs::read_to_string(&path) {
            Ok(svg) => {
                let picture = Picture::new(name, title, &svg);
                pictures.push(picture.map_err(|error| CommandError::file(&path, error))?);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => missing.push(file),
            Err(error) => return Err(CommandError::file(&path, error)),
        }
    }
    Ok((pictures, missing))
}
