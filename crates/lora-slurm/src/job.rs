//! What a cluster is to train: an experiment, or claims.

use std::path::PathBuf;

use lora_experiment::cells::cells;
use lora_experiment::experiment::{Experiment, Loaded, Source, load};
use lora_experiment::study::suite::Suite;
use toml::Table;

use lora_runner::error::RunnerError;

/// What the jobs train, with the files that they read.
pub struct Job {
    /// Its name.
    pub name: String,
    /// One line on it.
    pub title: String,
    /// The files that it reads, by name, with their texts.
    pub files: Vec<(String, String)>,
    /// Cells in all.
    pub problems: usize,
}

impl Job {
    /// An experiment, which is written with every key.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Request`] if the experiment cannot be read, [`RunnerError::Encode`] if it cannot
    /// be written.
    pub fn experiment(source: &Source) -> Result<Self, RunnerError> {
        let quick = source.quick;
        let Loaded { name, experiment, study, .. } = load(source)?;
        let file = format!("{name}.toml");
        Ok(Self {
            title: experiment.title.clone(),
            files: vec![(file, resolved(&experiment, quick)?)],
            problems: cells(std::slice::from_ref(&study)).len(),
            name,
        })
    }

    /// Claims of topic files, or of the built-in ones, which need no files. `only` chooses claims.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Request`] if the topics cannot be read, [`RunnerError::SameName`] for two files of
    /// one name.
    pub fn claims(topics: &[PathBuf], quick: bool, only: &[String]) -> Result<Self, RunnerError> {
        let mut suite = Suite::load(topics, quick)?;
        suite.restrict(only)?;
        let mut files: Vec<(String, String)> = Vec::new();
        for (path, (label, text)) in topics.iter().zip(&suite.request.topics) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if files.iter().any(|(known, _)| *known == name) {
                return Err(RunnerError::SameName { file: label.clone() });
            }
            files.push((name, text.clone()));
        }
        Ok(Self {
            name: "verify".to_owned(),
            title: format!("{} claims", suite.claims.len()),
            files,
            problems: cells(&suite.studies).len(),
        })
    }
}

/// The experiment with every key. If it is a quick one, quick sizes must leave it as it is.
fn resolved(experiment: &Experiment, quick: bool) -> Result<String, RunnerError> {
    let mut table = Table::try_from(experiment)?;
    if quick {
        let mut own = table.clone();
        own.remove("title");
        table.insert("quick".to_owned(), own.into());
    }
    Ok(toml::to_string(&table)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_quick_experiment_stays_as_it_is() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let path = dir.path().join("mine.toml");
        // More steps than a quick run has by itself.
        fs::write(&path, "[quick.training]\nsteps = 90\n").expect("written");
        let source = |quick| Source { file: Some(path.clone()), set: Vec::new(), quick };
        let loaded = load(&source(true)).expect("it loads");
        assert_eq!(loaded.experiment.training.steps, 90);
        fs::write(&path, resolved(&loaded.experiment, true).expect("a text")).expect("written");
        assert_eq!(load(&source(true)).expect("it loads").experiment, loaded.experiment);
        let full = resolved(&loaded.experiment, false).expect("a text");
        assert!(!full.contains("quick"), "{full}");
    }
}
