//! Reading an experiment: file, assignments and quick sizes, and one message for whatever is wrong.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::error::{ExperimentError, KeyError};
use crate::experiment::aliases::{self, Alias};
use crate::experiment::assign::Assignment;
use crate::experiment::keys::Keys;
use crate::experiment::origin::KeyOrigins;
use crate::experiment::source::{self, Text};
use crate::experiment::{Experiment, consistent, quick};
use crate::study::definition::Study;

/// Where an experiment comes from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// A path, or the name of a file in `experiments/`; the paper's experiment if absent.
    pub file: Option<PathBuf>,
    /// `key=value` pairs put over it.
    pub set: Vec<String>,
    /// Whether the quick sizes are put over it.
    pub quick: bool,
}

/// An experiment, read and checked.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its short name.
    pub name: String,
    /// Every key.
    pub experiment: Experiment,
    /// The study that it is.
    pub study: Study,
    table: Table,
    origin: KeyOrigins,
}

impl Loaded {
    /// That the value of a key is valid but impossible here, as for want of memory.
    pub fn key_error(&self, key: &str, reason: &str) -> KeyError {
        self.origin.error(&self.table, (key, None), reason)
    }
}

/// Reads, overrides and checks an experiment. A file must be right without quick sizes and assignments,
/// and with its own `[quick]`: a mistake must not wait for the day of its first use.
///
/// # Errors
/// If the file cannot be read, or holds no valid experiment.
pub fn load(source: &Source) -> Result<Loaded, ExperimentError> {
    let Text { label, name, text } = source::read(source.file.as_deref())?;
    load_text((&label, &name), &text, &source.set, source.quick)
}

/// The same from the text of a file, which messages call `label`.
///
/// # Errors
/// If the text is no valid experiment.
pub fn load_text(
    (label, name): (&str, &str),
    text: &str,
    set: &[String],
    quick: bool,
) -> Result<Loaded, ExperimentError> {
    let mut origin = KeyOrigins { file: label.to_owned(), ..KeyOrigins::default() };
    let mut table = parse(&origin.file, text)?;
    refuse_topic(&table, label)?;
    let mut own = own_quick(&mut table, &origin)?;
    for (of, prefix) in [(&mut table, ""), (&mut own, "quick.")] {
        let used = renamed(of, (label, prefix))?;
        origin.by_alias.extend(used.into_iter().map(Alias::key));
    }

    let experiment = checked(&table, &origin)?;
    let with_own = KeyOrigins { quick: own, ..origin.clone() };
    let quick_table = quick::apply(&table, &experiment, &with_own.quick);
    checked(&quick_table, &with_own)?;
    if quick {
        (table, origin) = (quick_table, with_own);
    }
    let experiment = assigned(set, &mut table, &mut origin)?;
    let study = Study::of(name, &experiment)?;
    Ok(Loaded { name: name.to_owned(), experiment, study, table, origin })
}

/// Gives every key of a file its first name. The second names that were used; a key must not have both.
fn renamed(
    table: &mut Table,
    (label, prefix): (&str, &str),
) -> Result<Vec<&'static Alias>, ExperimentError> {
    aliases::rename(table).map_err(|alias| {
        let [key, second] = [alias.key(), alias.second()].map(|key| format!("{prefix}{key}"));
        ExperimentError::BothNames { file: label.to_owned(), key, second }
    })
}

/// A topic of claims is another kind of file.
fn refuse_topic(table: &Table, label: &str) -> Result<(), ExperimentError> {
    let lists = |key: &str| table.get(key).is_some_and(|value| value.is_array());
    if !(lists("claim") || lists("study")) {
        return Ok(());
    }
    Err(ExperimentError::IsTopic { file: label.to_owned() })
}

/// The defaults with `key=value` pairs put over them.
///
/// # Errors
/// If a pair is none, or the whole is no valid experiment.
pub fn with_settings(set: &[String]) -> Result<Experiment, ExperimentError> {
    assigned(set, &mut Table::new(), &mut KeyOrigins::default())
}

/// Puts assignments over a table and checks the whole.
fn assigned(
    set: &[String],
    table: &mut Table,
    origin: &mut KeyOrigins,
) -> Result<Experiment, ExperimentError> {
    let keys = Keys::new();
    for text in set {
        let assignment = Assignment::parse(text, &keys)?;
        assignment.apply(table);
        origin.set.push(assignment);
    }
    checked(table, origin)
}

/// Reads an experiment back from the copy that a run keeps in its directory.
///
/// # Errors
/// If the file cannot be read, or holds no valid experiment.
pub fn load_resolved(path: &Path) -> Result<Experiment, ExperimentError> {
    let Text { label, text, .. } = source::read(Some(path))?;
    parse_resolved(&label, &text)
}

/// The same from its text; messages call it `label`.
///
/// # Errors
/// If the text is no valid experiment.
pub fn parse_resolved(label: &str, text: &str) -> Result<Experiment, ExperimentError> {
    let mut table = parse(label, text)?;
    let by_alias = renamed(&mut table, (label, ""))?.into_iter().map(Alias::key).collect();
    checked(&table, &KeyOrigins { file: label.to_owned(), by_alias, ..KeyOrigins::default() })
}

fn own_quick(table: &mut Table, origin: &KeyOrigins) -> Result<Table, ExperimentError> {
    match table.get("quick") {
        None => Ok(Table::new()),
        Some(Value::Table(own)) => {
            let own = own.clone();
            table.remove("quick");
            Ok(own)
        }
        Some(_) => {
            let reason = "must be a table of keys, such as [quick.model]";
            Err(origin.error(table, ("quick", None), reason).into())
        }
    }
}

/// Reads TOML.
///
/// # Errors
/// If the text is none, with the line.
pub fn parse(label: &str, text: &str) -> Result<Table, ExperimentError> {
    text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.bytes().take(start).filter(|&byte| byte == b'\n').count();
        let content = text.lines().nth(line).unwrap_or_default().trim();
        let content: String = content.chars().take(72).collect();
        let reason = match error.message() {
            reason if reason.contains("as i128") => "a whole number must be below 2^63".to_owned(),
            reason => reason.replace('\n', ", "),
        };
        ExperimentError::NotToml { file: label.to_owned(), line: line + 1, content, reason }
    })
}

fn checked(table: &Table, origin: &KeyOrigins) -> Result<Experiment, ExperimentError> {
    Keys::new().check(table).map_err(|bad| origin.error(table, (&bad.key, None), &bad.reason))?;
    let experiment: Experiment = serde_path_to_error::deserialize(Value::Table(table.clone()))
        .map_err(|error| {
            let key = error.path().to_string();
            origin.error(table, (&key, None), error.into_inner().message())
        })?;
    consistent::check(&experiment).map_err(|conflict| {
        let reason = format!("must be {}", conflict.valid);
        origin.error(table, (conflict.key, conflict.other), &reason)
    })?;
    Ok(experiment)
}
