//! `list`: the experiments in a directory, one line each.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::cli::ListArgs;
use crate::error::CommandError;
use crate::experiment::{Source, load};

/// A line for every experiment file, by name.
pub fn list(arguments: &ListArgs) -> Result<String, CommandError> {
    let mut files = experiment_files(&arguments.dir)?;
    files.sort();
    let mut out = String::new();
    for file in files {
        let source = Source { file: Some(file.clone()), ..Source::default() };
        let (name, title) = match load(&source) {
            Ok((name, experiment)) => (name, experiment.title),
            Err(error) => (file.display().to_string(), format!("not usable: {error}")),
        };
        let _ = writeln!(out, "{name:<16} {title}");
    }
    Ok(out)
}

fn experiment_files(dir: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let entries = std::fs::read_dir(dir)
        .map_err(|error| CommandError::Usage(format!("{}: {error}", dir.display())))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect())
}
