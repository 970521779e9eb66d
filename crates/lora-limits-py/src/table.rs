//! Tables that data frames take without a copy, through Arrow's C stream interface.

use std::ffi::CStr;
use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::{DataType, Field, Schema};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

use crate::failure::Failure;
use crate::html::escaped;

/// The name of a capsule that holds a stream.
pub const STREAM: &CStr = c"arrow_array_stream";

/// Rows at the beginning and at the end that are shown.
const SHOWN: usize = 10;

/// A table with named columns. pandas, polars, pyarrow and everything else that knows `__arrow_c_stream__` take it
/// without copying a number.
#[pyclass(frozen, skip_from_py_object, module = "lora_limits")]
#[derive(Clone, Debug)]
pub struct Table {
    rows: RecordBatch,
}

impl Table {
    /// Of columns of one length.
    ///
    /// # Errors
    /// [`Failure::Bug`] if they are not of one length.
    pub fn of(columns: Vec<(&'static str, ArrayRef)>) -> Result<Self, Failure> {
        let field = |(name, array): &(&'static str, ArrayRef)| {
            Field::new(*name, array.data_type().clone(), true)
        };
        let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        let rows = RecordBatch::try_new(Arc::new(schema), arrays);
        Ok(Self { rows: rows.map_err(|error| Failure::Bug(error.to_string()))? })
    }

    fn names(&self) -> Vec<String> {
        self.rows.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// A cell as it is shown.
    fn shown(&self, column: usize, row: usize) -> String {
        use arrow_array::cast::AsArray;
        use arrow_array::types::{Float32Type, Float64Type, Int64Type, UInt64Type};
        let array = self.rows.column(column);
        if array.is_null(row) {
            return "–".to_owned();
        }
        match array.data_type() {
            DataType::Float64 => short(array.as_primitive::<Float64Type>().value(row)),
            DataType::Float32 => short(f64::from(array.as_primitive::<Float32Type>().value(row))),
            DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
            DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
            DataType::Boolean => array.as_boolean().value(row).to_string(),
            _ => array.as_string::<i32>().value(row).to_owned(),
        }
    }

    /// The rows that are shown, and whether others lie between them.
    fn ends(&self) -> (Vec<usize>, bool) {
        let count = self.rows.num_rows();
        if count <= 2 * SHOWN {
            return ((0..count).collect(), false);
        }
        ((0..SHOWN).chain(count - SHOWN..count).collect(), true)
    }

    fn size(&self) -> String {
        format!("{} rows × {} columns", self.rows.num_rows(), self.rows.num_columns())
    }
}

/// A number in few digits.
fn short(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-3..1e6).contains(&size) || !size.is_finite() {
        let text = format!("{value:.6}");
        return match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        };
    }
    format!("{value:.4e}")
}

#[pymethods]
impl Table {
    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.names()
    }

    /// Number of rows.
    #[getter]
    fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    /// Rows and columns.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.rows.num_rows(), self.rows.num_columns())
    }

    fn __len__(&self) -> usize {
        self.rows.num_rows()
    }

    /// The table as a capsule with an Arrow stream. No number is copied; no other schema can be had.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A producer that cannot cast may ignore what is requested.
        drop(requested_schema);
        let rows = RecordBatchIterator::new([Ok(self.rows.clone())], self.rows.schema());
        let reader: Box<dyn RecordBatchReader + Send> = Box::new(rows);
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), STREAM)
    }

    /// A `pandas.DataFrame`; needs pandas 2.2 or later and pyarrow.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let table = slf.py().import("pyarrow")?.getattr("table")?.call1((slf,))?;
        table.call_method0("to_pandas")
    }

    /// A `polars.DataFrame`; needs polars 1 or later.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.getattr("DataFrame")?.call1((slf,))
    }

    /// The columns as lists.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        use arrow_array::cast::AsArray;
        use arrow_array::types::{Float32Type, Float64Type, Int64Type, UInt64Type};
        let dict = PyDict::new(py);
        for (name, array) in self.names().into_iter().zip(self.rows.columns()) {
            let list = match array.data_type() {
                DataType::Float64 => PyList::new(py, array.as_primitive::<Float64Type>())?,
                DataType::Float32 => PyList::new(py, array.as_primitive::<Float32Type>())?,
                DataType::Int64 => PyList::new(py, array.as_primitive::<Int64Type>())?,
                DataType::UInt64 => PyList::new(py, array.as_primitive::<UInt64Type>())?,
                DataType::Boolean => {
                    PyList::new(py, array.as_boolean().iter().collect::<Vec<_>>())?
                }
                _ => PyList::new(py, array.as_string::<i32>().iter().collect::<Vec<_>>())?,
            };
            dict.set_item(name, list)?;
        }
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        let (rows, gap) = self.ends();
        let mut lines: Vec<Vec<String>> = vec![self.names()];
        let of =
            |row: usize| (0..self.rows.num_columns()).map(move |at| self.shown(at, row)).collect();
        lines.extend(rows.into_iter().map(of));
        if gap {
            lines.insert(1 + SHOWN, vec!["…".to_owned(); self.rows.num_columns()]);
        }
        let width =
            |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.rows.num_columns()).map(width).collect();
        let line = |cells: &Vec<String>| {
            let cells = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}"));
            cells.collect::<Vec<_>>().join("  ")
        };
        let text: Vec<String> = lines.iter().map(line).collect();
        format!("Table: {}\n{}", self.size(), text.join("\n"))
    }

    fn _repr_html_(&self) -> String {
        let (rows, gap) = self.ends();
        let names: String =
            self.names().iter().map(|name| format!("<th>{}</th>", escaped(name))).collect();
        let columns = self.rows.num_columns();
        let mut lines: Vec<String> = rows
            .into_iter()
            .map(|row| {
                let cell = |at| format!("<td>{}</td>", escaped(&self.shown(at, row)));
                format!("<tr>{}</tr>", (0..columns).map(cell).collect::<String>())
            })
            .collect();
        if gap {
            lines.insert(SHOWN, format!("<tr>{}</tr>", "<td>…</td>".repeat(columns)));
        }
        let (size, lines) = (self.size(), lines.concat());
        format!("<table><caption>Table: {size}</caption><tr>{names}</tr>{lines}</table>")
    }
}
