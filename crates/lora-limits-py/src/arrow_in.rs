//! Tables of others: a path, a dict of columns, or anything with `__arrow_c_stream__`, such as a data frame.

use std::path::PathBuf;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch, RecordBatchReader};
use arrow_schema::DataType;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyFloat, PyMapping, PyString};

use crate::arguments::PathArgument;
use crate::failure::Failure;
use crate::on_thread::guarded;
use crate::table::STREAM;

/// What messages call a table that is no file.
const NAME: &str = "table";

/// The classes of pandas' missing cells.
const MISSING: [&str; 2] = ["NAType", "NaTType"];

/// A table as it was given.
pub enum GivenTable {
    /// A CSV or Parquet file.
    File(PathBuf),
    /// Columns with their cells as text, and the names of columns that hold what is not read.
    Columns(Vec<(String, Vec<String>)>, Vec<String>),
}

impl GivenTable {
    /// Reads what Python holds.
    ///
    /// # Errors
    /// `TypeError` for what is no table.
    pub fn of(given: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(PathArgument(path)) = given.extract() {
            return Ok(Self::File(path));
        }
        if given.hasattr("__arrow_c_stream__")? {
            // What others send may break a rule that the reader takes for granted.
            return guarded(|| of_stream(given));
        }
        if let Ok(columns) = given.cast::<PyMapping>() {
            return of_columns(columns);
        }
        let kind = given.get_type().name()?;
        Err(PyTypeError::new_err(format!(
            "table: must be a path, a dict of columns or a data frame with __arrow_c_stream__, not {kind}"
        )))
    }

    /// The table, as `lora_judge` reads it.
    ///
    /// # Errors
    /// [`Failure`] for a file that cannot be read and for what is no table.
    pub fn read(self, named: &[String]) -> Result<lora_judge::Table, Failure> {
        Ok(match self {
            Self::File(path) => lora_judge::Table::read(&path, named)?,
            Self::Columns(columns, unread) => lora_judge::Table::of_columns(NAME, columns, unread)?,
        })
    }
}

fn of_stream(given: &Bound<'_, PyAny>) -> PyResult<GivenTable> {
    let capsule = given.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast_into::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(STREAM))?.cast::<FFI_ArrowArrayStream>();
    let broken =
        |error: arrow_schema::ArrowError| PyErr::from(Failure::Request(format!("{NAME}: {error}")));
    // SAFETY: a capsule of this name holds a stream, which is moved out of it and marked as released there.
    let mut reader =
        unsafe { RecordBatchStreamReader::from_raw(stream.as_ptr()) }.map_err(broken)?;
    let schema = reader.schema();
    let known: Vec<bool> =
        schema.fields().iter().map(|field| is_known(field.data_type())).collect();
    let mut columns: Vec<(String, Vec<String>)> =
        schema.fields().iter().map(|field| (field.name().clone(), Vec::new())).collect();
    for batch in &mut reader {
        take(&mut columns, &batch.map_err(broken)?, &known);
    }
    let (read, unread): (Vec<_>, Vec<_>) =
        columns.into_iter().zip(known).partition(|(_, known)| *known);
    let unread = unread.into_iter().map(|((name, _), _)| name).collect();
    Ok(GivenTable::Columns(read.into_iter().map(|(column, _)| column).collect(), unread))
}

/// Whether the cells of a type have a text.
fn is_known(of: &DataType) -> bool {
    match of {
        DataType::Dictionary(_, values) => {
            is_known(values) && !matches!(**values, DataType::Dictionary(..))
        }
        DataType::Null | DataType::Boolean | DataType::Float32 | DataType::Float64 => true,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        of => of.is_integer(),
    }
}

fn take(columns: &mut [(String, Vec<String>)], batch: &RecordBatch, known: &[bool]) {
    for (at, (_, cells)) in columns.iter_mut().enumerate().filter(|(at, _)| known[*at]) {
        let array = batch.column(at);
        match array.as_any_dictionary_opt() {
            // Of no words there is none to look up: all cells are missing.
            Some(of) if of.values().is_empty() => {
                cells.extend(std::iter::repeat_n(String::new(), array.len()));
            }
            Some(of) => {
                let (keys, values) = (of.normalized_keys(), of.values());
                let row = |(row, key): (usize, usize)| match of.is_null(row) {
                    true => String::new(),
                    false => cell(values.as_ref(), key),
                };
                cells.extend(keys.into_iter().enumerate().map(row));
            }
            None => cells.extend((0..array.len()).map(|row| cell(array.as_ref(), row))),
        }
    }
}

/// A cell as text; nothing where it is null. A float of 32 bits gets the digits that it was written with.
fn cell(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) {
        return String::new();
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).to_string(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).to_string(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).to_string(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Float32 => array.as_primitive::<Float32Type>().value(row).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).to_owned(),
        DataType::Utf8View => array.as_string_view().value(row).to_owned(),
        _ => String::new(),
    }
}

fn of_columns(columns: &Bound<'_, PyMapping>) -> PyResult<GivenTable> {
    let mut read = Vec::new();
    for item in columns.items()?.iter() {
        let (name, cells): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let name = name.str()?.to_string();
        let texts: PyResult<Vec<String>> = match cells.try_iter() {
            Ok(of) if cells.cast::<PyString>().is_err() => of.map(|cell| text(&cell?)).collect(),
            _ => {
                let kind = cells.get_type().name()?;
                Err(PyTypeError::new_err(format!(
                    "{NAME}: column {name:?}: must be a list of cells, not {kind}"
                )))
            }
        };
        read.push((name, texts?));
    }
    Ok(GivenTable::Columns(read, Vec::new()))
}

/// A cell of a dict's column. The scalars of torch and JAX are those of Python.
fn text(cell: &Bound<'_, PyAny>) -> PyResult<String> {
    let kind = cell.get_type();
    if cell.is_none() || MISSING.contains(&&*kind.name()?.to_string_lossy()) {
        return Ok(String::new());
    }
    if let Ok(float) = cell.cast::<PyFloat>() {
        // As Rust writes it, whatever class of float it is.
        return Ok(float.value().to_string());
    }
    // NumPy's write the digits that they were made of, also those of 32 bits.
    let of_numpy = kind.module()?.to_string_lossy().starts_with("numpy");
    let scalar = || cell.getattr("shape").and_then(|shape| shape.len()).is_ok_and(|rank| rank == 0);
    if !of_numpy && cell.hasattr("item")? && scalar() {
        return text(&cell.call_method0("item")?);
    }
    Ok(cell.str()?.to_string())
}
