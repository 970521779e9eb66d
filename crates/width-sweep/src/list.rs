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
    let lines: Vec<(String, String)> = files.iter().map(|file| line(file)).collect();
    let longest = lines.iter().map(|(name, _)| name.chars().count()).max();
    let Some(longest) = longest else {
        let dir = arguments.dir.display();
        return Err(CommandError::Usage(format!("{dir}: holds no experiment file (*.toml)")));
    };
    let mut out = String::new();
    for (name, title) in lines {
        let _ = writeln!(out, "{name:<longest$}  {title}");
    }
    Ok(out)
}

fn line(file: &Path) -> (String, String) {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let title = match load(&Source { file: Some(file.to_owned()), ..Source::default() }) {
        Ok(loaded) if loaded.experiment.title.is_empty() => "(no title)".to_owned(),
        Ok(loaded) => loaded.experiment.title,
        Err(error) => format!("not usable: {error}"),
    };
    (name, title)
}

fn experiment_files(dir: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let entries = std::fs::read_dir(dir).map_err(|error| {
        CommandError::Usage(format!(
            "{}: {error}; name the directory to look in, as in `width-sweep list DIR`",
            dir.display()
        ))
    })?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect())
}
