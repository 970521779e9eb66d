//! How an object shows itself: one line in a shell, nested tables in a notebook.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyString, PyTuple};

use crate::html::escaped;
use crate::table::Table;

/// The fields of a record, in their order, as a class attribute.
pub const FIELDS: &str = "_fields";

/// Entries of a list that a notebook shows.
const SHOWN: usize = 60;

/// `Name(field=value, …)`. What a field holds of records is named by their class alone.
pub fn repr(of: &Bound<'_, PyAny>) -> PyResult<String> {
    let parts: PyResult<Vec<String>> = fields(of)?
        .into_iter()
        .map(|(name, value)| Ok(format!("{name}={}", short(&value)?)))
        .collect();
    Ok(format!("{}({})", class(of)?, parts?.join(", ")))
}

fn class(of: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(of.get_type().name()?.to_string())
}

/// The fields with their values; none of what is no record.
fn fields<'py>(of: &Bound<'py, PyAny>) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let names: Vec<String> = match of.get_type().getattr(FIELDS) {
        Ok(names) => names.extract()?,
        Err(_) => return Ok(Vec::new()),
    };
    names.into_iter().map(|name| Ok((name.clone(), of.getattr(name.as_str())?))).collect()
}

fn is_record(of: &Bound<'_, PyAny>) -> bool {
    of.get_type().hasattr(FIELDS).unwrap_or(false)
}

fn is_table(of: &Bound<'_, PyAny>) -> bool {
    of.cast::<Table>().is_ok()
}

fn short(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if is_record(value) || is_table(value) {
        return Ok(format!("{}(…)", class(value)?));
    }
    if let Ok(list) = value.cast::<PyList>() {
        return Ok(match list.len() {
            0 => "[]".to_owned(),
            count => format!("[{count} × {}]", class(&list.get_item(0)?)?),
        });
    }
    if let Ok(map) = value.cast::<PyDict>() {
        let keys: PyResult<Vec<String>> =
            map.keys().iter().map(|key| Ok(key.repr()?.to_string())).collect();
        return Ok(format!("{{{}}}", keys?.join(", ")));
    }
    Ok(value.repr()?.to_string())
}

/// A table of fields and values.
pub fn html(of: &Bound<'_, PyAny>) -> PyResult<String> {
    let rows: PyResult<String> = fields(of)?
        .into_iter()
        .map(|(name, value)| {
            Ok(format!("<tr><th>{}</th><td>{}</td></tr>", escaped(&name), cell(&value)?))
        })
        .collect();
    Ok(format!("<table><caption>{}</caption>{}</table>", class(of)?, rows?))
}

fn cell(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if is_record(value) {
        return html(value);
    }
    if is_table(value) {
        return value.call_method0("_repr_html_")?.extract();
    }
    if let Ok(list) = value.cast::<PyList>() {
        return entries(list);
    }
    if let Ok(map) = value.cast::<PyDict>() {
        return mapping(map.as_mapping());
    }
    Ok(escaped(&text(value)?))
}

/// A value as a reader has it: texts without their quotes.
fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    match value.cast::<PyString>() {
        Ok(text) => Ok(text.to_string()),
        Err(_) if value.is_none() => Ok("–".to_owned()),
        Err(_) if value.cast::<PyTuple>().is_ok() => Ok(value.repr()?.to_string()),
        Err(_) => Ok(value.str()?.to_string()),
    }
}

fn mapping(map: &Bound<'_, PyMapping>) -> PyResult<String> {
    let mut rows = String::new();
    for item in map.items()?.iter() {
        let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        rows += &format!("<tr><th>{}</th><td>{}</td></tr>", escaped(&text(&key)?), cell(&value)?);
    }
    Ok(format!("<table>{rows}</table>"))
}

/// Records as the rows of one table, all else line by line.
fn entries(list: &Bound<'_, PyList>) -> PyResult<String> {
    let left = list.len().saturating_sub(SHOWN);
    let more = if left > 0 { format!("<br>and {left} more") } else { String::new() };
    let shown: Vec<_> = list.iter().take(SHOWN).collect();
    if !shown.first().is_some_and(is_record) {
        let lines: PyResult<Vec<String>> = shown.iter().map(cell).collect();
        return Ok(lines?.join("<br>") + &more);
    }
    let mut rows = String::new();
    for (at, record) in shown.iter().enumerate() {
        let fields = fields(record)?;
        if at == 0 {
            let names: String =
                fields.iter().map(|(name, _)| format!("<th>{}</th>", escaped(name))).collect();
            rows += &format!("<tr>{names}</tr>");
        }
        let cells: PyResult<String> =
            fields.iter().map(|(_, value)| Ok(format!("<td>{}</td>", cell(value)?))).collect();
        rows += &format!("<tr>{}</tr>", cells?);
    }
    Ok(format!("<table>{rows}</table>{more}"))
}
