//! Labelled sentences, and pairs of them, as tab-separated values: GLUE's tables.

use std::path::Path;

use super::whole;
use crate::error::TextError;

/// Names that the column of texts may have where none is asked for.
const TEXTS: [&str; 3] = ["sentence", "content", "text"];

/// Which columns of a table hold what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Names of one or two columns with texts; if empty, the one that is called `sentence`, `content` or
    /// `text`.
    pub texts: Vec<String>,
    /// The column with the class.
    pub label: String,
    /// What the classes are called there, from class 0 on; if empty, they are whole numbers.
    pub names: Vec<String>,
}

impl Default for Columns {
    fn default() -> Self {
        Self { texts: Vec::new(), label: "label".to_owned(), names: Vec::new() }
    }
}

/// One or two texts with their class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The text, or the first of two.
    pub text: String,
    /// The second text.
    pub second: Option<String>,
    /// The class, from 0.
    pub label: u32,
}

/// What is most likely wrong with a table without labels, or whose labels are -1.
const NO_LABELS: &str = ". GLUE's test splits have no labels: the dev split is meant";

/// Where the columns of a table are.
struct Places {
    texts: Vec<usize>,
    label: usize,
    count: usize,
}

/// Reads a table whose first line names its columns, in any order and among others. A tab always ends a
/// column; nothing is quoted.
///
/// # Errors
/// If the file cannot be read; or a line, named in the message, lacks a column, a text or a known label.
pub fn read_table(path: &Path, columns: &Columns) -> Result<Vec<Row>, TextError> {
    let text = whole(path)?;
    let mut lines = text.lines();
    let places = places(path, lines.next().unwrap_or_default(), columns)?;
    let lines = lines.enumerate().filter(|(_, line)| !line.is_empty());
    let row = |(at, line)| {
        row(line, &places, columns).map_err(|what| TextError::line(path, at + 2, what))
    };
    let all: Vec<Row> = lines.map(row).collect::<Result<_, _>>()?;
    if all.is_empty() {
        return Err(TextError::file(path, "has no line with a label"));
    }
    Ok(all)
}

fn places(path: &Path, first: &str, columns: &Columns) -> Result<Places, TextError> {
    let names: Vec<&str> = first.split('\t').collect();
    let place = |known: &[&str], hint: &str| {
        let place = names.iter().position(|name| known.contains(name));
        place.ok_or_else(|| {
            let known = known.join(" or ");
            let what = format!("no column is called {known}; the first line names columns{hint}");
            TextError::line(path, 1, what)
        })
    };
    let texts = if columns.texts.is_empty() {
        vec![place(&TEXTS, "")?]
    } else {
        columns.texts.iter().map(|name| place(&[name], "")).collect::<Result<_, _>>()?
    };
    let label = place(&[&columns.label], NO_LABELS)?;
    Ok(Places { texts, label, count: names.len() })
}

/// A line with its texts, or what is wrong with it.
fn row(line: &str, places: &Places, columns: &Columns) -> Result<Row, String> {
    let cells: Vec<&str> = line.split('\t').collect();
    if cells.len() != places.count {
        return Err(format!("has {} columns; the first line names {}", cells.len(), places.count));
    }
    let mut texts = places.texts.iter().map(|&place| cells[place]);
    if texts.clone().any(|text| text.trim().is_empty()) {
        return Err("has no text".to_owned());
    }
    let label = label(cells[places.label], &columns.names)?;
    let text = texts.next().unwrap_or_default().to_owned();
    Ok(Row { text, second: texts.next().map(str::to_owned), label })
}

fn label(cell: &str, names: &[String]) -> Result<u32, String> {
    let refuse = |valid: &str| format!("the label is `{}`; valid is {valid}", cell.escape_debug());
    let known = match names {
        [] => cell.parse().map_err(|_| refuse("a whole number from 0")),
        _ => {
            let place = names.iter().position(|name| name == cell).map(|place| place as u32);
            place.ok_or_else(|| refuse(&names.join(" or ")))
        }
    };
    known.map_err(|what| if cell == "-1" { what + NO_LABELS } else { what })
}
