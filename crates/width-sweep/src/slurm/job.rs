//! What a cluster is to train: an experiment, or claims.

use lora_experiment::cells::cells;
use lora_experiment::error::CommandError;
use lora_experiment::experiment::{Experiment, Loaded, Source, load};
use lora_experiment::shell::quoted;
use lora_experiment::study::suite::Suite;
use toml::Table;

use crate::cli::{SlurmArgs, mistaken};

/// What the jobs train, with the files that they read.
pub struct Job {
    /// Its name.
    pub name: String,
    /// One line on it.
    pub title: String,
    /// What the program is called with, before the shard.
    pub command: String,
    /// The files that it reads, by name, with their texts.
    pub files: Vec<(String, String)>,
    /// Cells in all.
    pub problems: usize,
}

impl Job {
    /// An experiment, which is written with every key.
    pub fn experiment(arguments: &SlurmArgs) -> Result<Self, CommandError> {
        let [file] = &arguments.files[..] else {
            let reason = "one experiment at a time goes to a cluster; several topic files of claims do \
                          with --verify";
            return Err(CommandError::Usage(reason.to_owned()));
        };
        mistaken::refuse_command(Some(file))?;
        let (file, set, quick) = (Some(file.clone()), arguments.set.clone(), arguments.quick);
        let Loaded { name, experiment, study, .. } = load(&Source { file, set, quick })?;
        let file = format!("{name}.toml");
        Ok(Self {
            title: experiment.title.clone(),
            command: format!("run {}", quoted(&format!("./{file}"))),
            files: vec![(file, resolved(&experiment, quick)?)],
            problems: cells(std::slice::from_ref(&study)).len(),
            name,
        })
    }

    /// Claims. The built-in topics need no files.
    pub fn claims(arguments: &SlurmArgs) -> Result<Self, CommandError> {
        let mut suite = Suite::load(&arguments.files, arguments.quick)?;
        suite.restrict(&arguments.only)?;
        let mut files: Vec<(String, String)> = Vec::new();
        for (path, (label, text)) in arguments.files.iter().zip(&suite.request.topics) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if files.iter().any(|(known, _)| *known == name) {
                let reason = "another topic file has the same name, and both go into one directory";
                return Err(CommandError::Usage(format!("{label}: {reason}: rename one")));
            }
            files.push((name, text.clone()));
        }
        let topics = files.iter().map(|(name, _)| format!(" {}", quoted(&format!("./{name}"))));
        let only = arguments.only.iter().map(|prefix| format!(" --only {}", quoted(prefix)));
        Ok(Self {
            name: "verify".to_owned(),
            title: format!("{} claims", suite.claims.len()),
            command: format!("verify{}", topics.chain(only).collect::<String>()),
            files,
            problems: cells(&suite.studies).len(),
        })
    }
}

/// The experiment with every key. If it is a quick one, `--quick` must leave it as it is.
fn resolved(experiment: &Experiment, quick: bool) -> Result<String, CommandError> {
    let mut table = Table::try_from(experiment).map_err(CommandError::failed)?;
    if quick {
        let mut own = table.clone();
        own.remove("title");
        table.insert("quick".to_owned(), own.into());
    }
    toml::to_string(&table).map_err(CommandError::failed)
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
