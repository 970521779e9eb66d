//! A table as Parquet, uncompressed, in groups of rows so that not all are held at once.

use std::io::{Error, Result, Write};
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};

use crate::tables::column::{Cells, Column};
use crate::tables::docs;

/// Rows of a group.
const GROUP: usize = 1 << 16;

/// Under which key a file keeps what is said of its columns, as JSON.
const COLUMNS: &str = "columns";

/// A table that is being written.
pub struct ParquetTable<R: 'static, W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: &'static [Column<R>],
    rows: Vec<R>,
}

impl<R, W: Write + Send> ParquetTable<R, W> {
    /// With its columns.
    pub fn new(to: W, table: &'static str, columns: &'static [Column<R>]) -> Result<Self> {
        let fields = columns.iter().map(|column| field(column).map(Arc::new));
        let fields = fields.collect::<Result<Vec<_>>>()?;
        let schema = Type::group_type_builder(table).with_fields(fields).build();
        let schema = Arc::new(schema.map_err(Error::other)?);
        let properties = properties(table, columns)?;
        let writer = SerializedFileWriter::new(to, schema, properties).map_err(Error::other)?;
        Ok(Self { writer, columns, rows: Vec::new() })
    }

    /// Adds a row.
    pub fn push(&mut self, row: R) -> Result<()> {
        self.rows.push(row);
        if self.rows.len() == GROUP { self.write_group() } else { Ok(()) }
    }

    /// Writes what is left.
    pub fn finish(mut self) -> Result<()> {
        if !self.rows.is_empty() {
            self.write_group()?;
        }
        self.writer.close().map(drop).map_err(Error::other)
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group().map_err(Error::other)?;
        for column in self.columns {
            let next = group.next_column().map_err(Error::other)?;
            let writer = next.ok_or_else(|| Error::other("a column is missing"))?;
            write_column(writer, &column.cells, &self.rows).map_err(Error::other)?;
        }
        self.rows.clear();
        group.close().map(drop).map_err(Error::other)
    }
}

/// A column as Parquet describes it.
fn field<R>(column: &Column<R>) -> Result<Type> {
    let physical = match column.cells {
        Cells::Text(_) => Physical::BYTE_ARRAY,
        Cells::Whole(_) | Cells::WholeOrNull(_) => Physical::INT64,
        Cells::Real(_) | Cells::RealOrNull(_) => Physical::DOUBLE,
        Cells::Flag(_) => Physical::BOOLEAN,
    };
    let null = column.cells.nullable();
    let text = matches!(column.cells, Cells::Text(_));
    Type::primitive_type_builder(column.name, physical)
        .with_repetition(if null { Repetition::OPTIONAL } else { Repetition::REQUIRED })
        .with_logical_type(text.then_some(LogicalType::String))
        .build()
        .map_err(Error::other)
}

/// Names and whole numbers repeat, so they are kept as places in a dictionary; measurements do not.
fn properties<R>(table: &'static str, columns: &[Column<R>]) -> Result<WriterPropertiesPtr> {
    let said = serde_json::to_string(&docs::of(table, columns)).map_err(Error::other)?;
    let said = KeyValue::new(COLUMNS.to_owned(), said);
    let mut properties = WriterProperties::builder().set_key_value_metadata(Some(vec![said]));
    for column in columns {
        let repeats = !matches!(column.cells, Cells::Real(_) | Cells::RealOrNull(_));
        let path = ColumnPath::from(column.name);
        properties = properties.set_column_dictionary_enabled(path, repeats);
    }
    Ok(Arc::new(properties.build()))
}

fn write_column<R>(
    writer: SerializedColumnWriter,
    cells: &Cells<R>,
    rows: &[R],
) -> parquet::errors::Result<()> {
    match cells {
        Cells::Text(text) => {
            write::<ByteArrayType>(writer, rows.iter().map(|row| Some(ByteArray::from(text(row)))))
        }
        Cells::Whole(whole) => write::<Int64Type>(writer, rows.iter().map(|row| Some(whole(row)))),
        Cells::WholeOrNull(whole) => write::<Int64Type>(writer, rows.iter().map(whole)),
        Cells::Real(real) => write::<DoubleType>(writer, rows.iter().map(|row| Some(real(row)))),
        Cells::RealOrNull(real) => write::<DoubleType>(writer, rows.iter().map(real)),
        Cells::Flag(flag) => write::<BoolType>(writer, rows.iter().map(|row| Some(flag(row)))),
    }
}

/// Writes the cells that are there, with a level of 1 for each and of 0 for each that is not.
/// Columns that are never null take no heed of levels.
fn write<T: DataType>(
    mut writer: SerializedColumnWriter,
    cells: impl Iterator<Item = Option<T::T>>,
) -> parquet::errors::Result<()> {
    let mut levels = Vec::new();
    let there = cells.inspect(|cell| levels.push(i16::from(cell.is_some()))).flatten();
    let there: Vec<T::T> = there.collect();
    writer.typed::<T>().write_batch(&there, Some(&levels), None)?;
    writer.close()
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    use super::*;
    use crate::tables::steps::{LOSSES, LossRow};

    #[test]
    fn rows_go_on_in_the_next_group() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut table =
            ParquetTable::new(file.reopen().expect("a file"), "losses", LOSSES).expect("it begins");
        let rows = 2 * GROUP + 1;
        for step in 0..rows {
            let row = LossRow { run: "r0".into(), step, train_loss: 1.0 / step as f64 };
            table.push(row).expect("it is written");
        }
        table.finish().expect("it ends");
        let read = SerializedFileReader::new(file.reopen().expect("a file")).expect("Parquet");
        assert_eq!(read.metadata().num_row_groups(), 3);
        let mut next = 0;
        for row in read.get_row_iter(None).expect("rows") {
            let row = row.expect("a row");
            assert_eq!(row.get_long(1).expect("a step"), next);
            assert_eq!(row.get_double(2).expect("a loss"), 1.0 / next as f64);
            next += 1;
        }
        assert_eq!(next, rows as i64);
    }
}
