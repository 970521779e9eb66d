//! Reading an experiment: file, `--set` and `--quick`, and one message for whatever is wrong.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Experiment, quick};
use crate::error::CommandError;

/// The experiment that runs when none is named; compiled in, so that it runs from any directory.
const DEFAULT_NAME: &str = "paper";
const DEFAULT_TEXT: &str = include_str!("../../../../experiments/paper.toml");

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

/// Reads, overrides and checks an experiment. Also returns its short name.
pub fn load(source: &Source) -> Result<(String, Experiment), CommandError> {
    let (label, name, text) = read(source)?;
    let mut table: Table = text.parse().map_err(|error| syntax(&label, &text, &error))?;
    let own_quick = table.remove("quick");
    if source.quick {
        quick::apply(&mut table, own_quick);
    } else if let Some(own) = own_quick {
        // A mistake under [quick] must not wait for the day of its first use.
        let mut with_quick = table.clone();
        quick::apply(&mut with_quick, Some(own));
        checked(&with_quick, &label, &[])?;
    }
    for assignment in &source.set {
        set(&mut table, assignment)?;
    }
    Ok((name, checked(&table, &label, &source.set)?))
}

fn read(source: &Source) -> Result<(String, String, String), CommandError> {
    let Some(file) = &source.file else {
        let path = Path::new("experiments").join(DEFAULT_NAME).with_extension("toml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| DEFAULT_TEXT.to_owned());
        return Ok((path.display().to_string(), DEFAULT_NAME.to_owned(), text));
    };
    let by_name = Path::new("experiments").join(file).with_extension("toml");
    let is_name = file.components().count() == 1 && file.extension().is_none();
    let path = if is_name && !file.is_file() { &by_name } else { file };
    let text = std::fs::read_to_string(path).map_err(|error| {
        CommandError::Usage(format!(
            "{}: {error}; `width-sweep list` shows the experiments there are",
            path.display()
        ))
    })?;
    let name = path.file_stem().map_or_else(|| "experiment".into(), |stem| stem.to_string_lossy());
    Ok((path.display().to_string(), name.into_owned(), text))
}

fn syntax(label: &str, text: &str, error: &toml::de::Error) -> CommandError {
    let line =
        error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
    CommandError::Usage(format!("{label}: line {line}: {}", error.message().replace('\n', " ")))
}

/// Puts one `key=value` into the table; the value is TOML, or a bare word for a text.
fn set(table: &mut Table, assignment: &str) -> Result<(), CommandError> {
    let (key, text) = assignment.split_once('=').ok_or_else(|| {
        CommandError::Usage(format!(
            "--set {assignment}: must be key=value, such as --set training.steps=400"
        ))
    })?;
    let value = format!("v = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut parsed| parsed.remove("v"))
        .unwrap_or_else(|| Value::String(text.trim().to_owned()));
    let mut path: Vec<&str> = key.split('.').map(str::trim).collect();
    let last = path.pop().unwrap_or_default();
    let mut inner = table;
    for part in path {
        let next = inner.entry(part).or_insert_with(|| Value::Table(Table::new()));
        inner = next.as_table_mut().ok_or_else(|| {
            CommandError::Usage(format!("--set {assignment}: {part} is not a table of keys"))
        })?;
    }
    inner.insert(last.to_owned(), value);
    Ok(())
}

fn checked(table: &Table, label: &str, set: &[String]) -> Result<Experiment, CommandError> {
    let place = |key: &str| {
        let by_set = set.iter().any(|s| s.split('=').next().is_some_and(|k| k.trim() == key));
        if by_set { "--set".to_owned() } else { label.to_owned() }
    };
    let experiment: Experiment = serde_path_to_error::deserialize(Value::Table(table.clone()))
        .map_err(|error| {
            let key = error.path().to_string();
            let reason = error.into_inner().message().to_owned();
            CommandError::Usage(complaint(&place(&key), table, &key, &reason))
        })?;
    if let Err((key, valid)) = consistent(&experiment) {
        let reason = format!("must be {valid}");
        return Err(CommandError::Usage(complaint(&place(key), table, key, &reason)));
    }
    Ok(experiment)
}

/// `file: key = value: must be …`
fn complaint(place: &str, table: &Table, key: &str, reason: &str) -> String {
    if let Some(rest) = reason.strip_prefix("unknown field ") {
        let valid = rest.split_once("expected ").map_or("", |(_, valid)| valid);
        let valid = valid.trim_start_matches("one of ").replace('`', "");
        return format!("{place}: {key}: there is no such key; valid here: {valid}");
    }
    let reason = match reason.strip_prefix("invalid type: ") {
        Some(_) => "must be a table of keys",
        None => reason,
    };
    match lookup(table, key) {
        Some(value) => format!("{place}: {key} = {value}: {reason}"),
        None => format!("{place}: {key}: {reason}"),
    }
}

fn lookup<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    let mut parts = key.split('.');
    let first = table.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

/// What one key alone cannot tell: the first inconsistent key and what it must be.
fn consistent(e: &Experiment) -> Result<(), (&'static str, String)> {
    if e.search.lr_max < e.search.lr_min {
        return Err(("search.lr_max", format!("at least search.lr_min = {}", e.search.lr_min)));
    }
    if e.search.bracket_factor > e.search.coarse_factor {
        let coarse = e.search.coarse_factor;
        return Err(("search.bracket_factor", format!("at most search.coarse_factor = {coarse}")));
    }
    if let Err(error) = lora_stats::LrGrid::new(e.grid_spec()) {
        return Err(("search.coarse_factor", format!("one that makes a usable grid: {error}")));
    }
    if e.search.score == super::Score::TestFinal && e.model.test_points == 0 {
        return Err(("search.score", "another one while model.test_points is 0".into()));
    }
    if let Some(width) = e.figures.norm_widths.iter().find(|w| !e.model.widths.contains(w)) {
        let widths = format!("widths from model.widths; {width} is not among them");
        return Err(("figures.norm_widths", widths));
    }
    Ok(())
}

/// Reads an experiment back from the copy that a run keeps in its directory.
pub fn load_resolved(path: &Path) -> Result<Experiment, CommandError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| CommandError::Usage(format!("{}: {error}", path.display())))?;
    let label = path.display().to_string();
    let table: Table = text.parse().map_err(|error| syntax(&label, &text, &error))?;
    checked(&table, &label, &[])
}
