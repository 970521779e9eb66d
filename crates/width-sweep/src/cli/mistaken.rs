//! What was meant by words that are no command line.

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory, Parser};

use crate::cli::Cli;
use crate::error::CommandError;
use lora_experiment::experiment::is_known;
use lora_experiment::nearest::nearest;

impl Cli {
    /// Reads a command line, the program's name first. What the parser says of it is printed as it is,
    /// and ends the process, unless the first word is no command: then nothing else matters.
    pub fn read(words: &[OsString]) -> Result<Self, CommandError> {
        Self::try_parse_from(words).or_else(|error| {
            let words: Vec<String> =
                words.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
            match words.split_first().and_then(|(first, rest)| mistaken(first, rest)) {
                Some(message) if error.use_stderr() => Err(CommandError::Usage(message)),
                _ => error.exit(),
            }
        })
    }
}

/// The commands by name.
pub fn commands() -> Vec<String> {
    let cli = Cli::command();
    let names = cli.get_subcommands().map(|command| command.get_name().to_owned());
    names.chain(["help".to_owned()]).collect()
}

/// Refuses a file that is not there and whose name is nearly that of a command.
pub fn refuse_command(file: Option<&Path>) -> Result<(), CommandError> {
    let Some(file) = file.filter(|file| !is_known(file) && file.extension().is_none()) else {
        return Ok(());
    };
    let word = file.file_stem().unwrap_or_default().to_string_lossy();
    let all = commands();
    let Some(command) = nearest(&word, all.iter().map(String::as_str)) else { return Ok(()) };
    let path = lora_experiment::experiment::path_of(file);
    Err(CommandError::Usage(format!(
        "{}: there is no such file, did you mean the command `width-sweep {command}`?",
        path.display()
    )))
}

fn is_command(word: &str) -> bool {
    commands().iter().any(|command| command == word)
}

/// What to type instead, where the first word is neither a flag nor a command.
fn mistaken(first: &str, rest: &[String]) -> Option<String> {
    if first.starts_with('-') || is_command(first) || Path::new(first).extension().is_some() {
        return None;
    }
    if is_known(Path::new(first)) {
        // An experiment, and then a command.
        let command = rest.first().filter(|word| is_command(word))?;
        return Some(format!(
            "{first}: the command comes first, as in `width-sweep {command} {first}`"
        ));
    }
    let all = commands();
    let hint = match nearest(first, all.iter().map(String::as_str)) {
        Some(command) => format!(", did you mean `width-sweep {command}`?"),
        None => "; `width-sweep --help` lists the commands, `width-sweep list` the experiments"
            .to_owned(),
    };
    Some(format!("{first}: is neither a command nor an experiment{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &str) -> Option<String> {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        mistaken(&words[0], &words[1..])
    }

    #[test]
    fn a_misspelt_command_is_named_whatever_follows_it() {
        for (words, meant) in [
            ("runn paper", "run"),
            ("predct --init A", "predict"),
            ("Verify --quick", "verify"),
            ("export_cell --out x.npz", "export-cell"),
        ] {
            let told = told(words).unwrap_or_default();
            assert!(told.ends_with(&format!("did you mean `width-sweep {meant}`?")), "{told}");
        }
        let unlike = told("frobnicate paper").unwrap_or_default();
        assert!(unlike.contains("neither a command nor an experiment; `width-sweep --help`"));
    }

    #[test]
    fn an_experiment_before_its_command_is_put_behind_it() {
        let told_of_paper = told("paper run").unwrap_or_default();
        assert_eq!(told_of_paper, "paper: the command comes first, as in `width-sweep run paper`");
        assert_eq!(told("paper --fast"), None, "the parser says what is wrong with the flag");
        assert_eq!(told("--fast paper"), None);
        assert_eq!(told("run --fast"), None);
        assert_eq!(told("mine.toml paper"), None);
    }
}
