//! The text of an experiment file.

use std::fs::File;
use std::io::{Error, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::{ExpectedFile, ExperimentError};
use crate::nearest::nearest;

/// The experiment that runs when none is named; compiled in, so that it runs from any directory.
const DEFAULT_NAME: &str = "paper";
const DEFAULT_TEXT: &str = include_str!("../../../../experiments/paper.toml");

/// Where a bare name is looked up.
const FOLDER: &str = "experiments";

/// Longest experiment file, in bytes; what is longer is some other file.
const LONGEST: u64 = 1 << 20;

/// An experiment file, unparsed.
pub struct Text {
    /// How messages call the file.
    pub label: String,
    /// Its short name.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// Reads a file, or the one that a bare name stands for, or the paper's experiment.
pub fn read(file: Option<&Path>) -> Result<Text, ExperimentError> {
    let file = file.unwrap_or(Path::new(DEFAULT_NAME));
    let by_name = named(file);
    let path = by_name.as_deref().unwrap_or(file);
    let label = path.display().to_string();
    let name = path.file_stem().map_or_else(|| "experiment".into(), |stem| stem.to_string_lossy());
    let text = match contents(path) {
        Err(error) if is_no_file(&error) && file == Path::new(DEFAULT_NAME) => {
            DEFAULT_TEXT.to_owned()
        }
        Err(error) => return Err(unreadable((file, &label), error, ExpectedFile::Experiment)),
        Ok(bytes) => text(&label, bytes, ExpectedFile::Experiment)?,
    };
    Ok(Text { name: name.into_owned(), label, text })
}

/// Whether a word or a path names an experiment.
pub fn is_known(file: &Path) -> bool {
    file.exists()
        || file == Path::new(DEFAULT_NAME)
        || named(file).is_some_and(|path| path.is_file())
}

/// Where a file is looked for: a bare name stands for a file in `experiments/`.
pub fn path_of(file: &Path) -> PathBuf {
    named(file).unwrap_or_else(|| file.to_owned())
}

/// Reads a topic file of claims.
///
/// # Errors
/// If it cannot be read, or is no text.
pub fn read_topic(file: &Path) -> Result<String, ExperimentError> {
    let label = file.display().to_string();
    match contents(file) {
        Err(error) => Err(unreadable((file, &label), error, ExpectedFile::Topic)),
        Ok(bytes) => text(&label, bytes, ExpectedFile::Topic),
    }
}

/// `experiments/NAME.toml` for a bare NAME that is no file itself. A folder of that name hides no experiment.
fn named(file: &Path) -> Option<PathBuf> {
    let bare = file.components().count() == 1 && file.extension().is_none();
    let path = Path::new(FOLDER).join(file).with_extension("toml");
    (bare && (!file.exists() || (file.is_dir() && path.is_file()))).then_some(path)
}

fn is_no_file(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory)
}

fn contents(path: &Path) -> Result<Vec<u8>, Error> {
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text(label: &str, bytes: Vec<u8>, kind: ExpectedFile) -> Result<String, ExperimentError> {
    if bytes.len() as u64 > LONGEST {
        return Err(ExperimentError::TooLong { file: label.to_owned(), kind });
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|&&byte| byte == b'\n').count() + 1;
        ExperimentError::NotUtf8 { file: label.to_owned(), line }
    })
}

fn unreadable((file, label): (&Path, &str), source: Error, kind: ExpectedFile) -> ExperimentError {
    let label = label.to_owned();
    match (source.kind(), kind) {
        (ErrorKind::NotFound, ExpectedFile::Experiment) => {
            ExperimentError::NotFound { file: label, nearest: similar(file) }
        }
        (ErrorKind::IsADirectory, _) => ExperimentError::Directory { file: label, kind },
        _ => ExperimentError::Unreadable { file: label, source },
    }
}

/// The experiment that may have been meant by what was not found.
fn similar(file: &Path) -> Option<String> {
    let word = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut names: Vec<String> = std::fs::read_dir(FOLDER).map_or_else(
        |_| vec![DEFAULT_NAME.to_owned()],
        |entries| entries.flatten().filter_map(|e| stem(&e.path())).collect(),
    );
    names.sort();
    nearest(&word, names.iter().map(String::as_str)).map(str::to_owned)
}

fn stem(path: &Path) -> Option<String> {
    let toml = path.extension().is_some_and(|end| end == "toml");
    toml.then(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
}
