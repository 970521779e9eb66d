//! Parquet as pandas and polars write it, compressed with snappy or not at all.

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::types::{Type as SchemaType, TypePtr};

use crate::error::TableFault;
use crate::guarded::guarded;
use crate::place::Place;
use crate::table::{Content, Row};

/// A table with no more cells than this, and no more bytes, is read whole.
const SMALL: (u64, u64) = (1 << 20, 1 << 26);

/// The most cells that are read: a row of a table of text in memory takes some 30 bytes for each.
const MOST_CELLS: u64 = 20_000_000;

/// The most bytes of the columns that are read, both as the file states them and as they are found.
const MOST_BYTES: u64 = 1 << 30;

/// The names of the columns, and the rows. Of a large table only the columns that are `wanted` are read.
pub(crate) fn parse(bytes: Vec<u8>, wanted: &dyn Fn(&str) -> bool) -> Result<Content, TableFault> {
    // The crate parquet panics on some damaged files.
    guarded(|| unguarded(bytes, wanted)).unwrap_or_else(|panic| Err(TableFault::Parquet(panic)))
}

fn unguarded(bytes: Vec<u8>, wanted: &dyn Fn(&str) -> bool) -> Result<Content, TableFault> {
    let reader = SerializedFileReader::new(Bytes::from(bytes)).map_err(|error| fault(&error))?;
    let metadata = reader.metadata();
    let root = metadata.file_metadata().schema_descr().root_schema();
    let fields = root.get_fields();
    let size = |read: &dyn Fn(&str) -> bool| Size::of(metadata, read);
    let small = size(&|_| true).is_within(SMALL);
    let read = |name: &str| small || wanted(name);
    let mut chosen: Vec<TypePtr> =
        fields.iter().filter(|field| read(field.name())).cloned().collect();
    if chosen.is_empty() {
        // What is missing is said by the names.
        chosen.extend(fields.first().cloned());
    }
    let read = |name: &str| chosen.iter().any(|field| field.name() == name);
    size(&read).check()?;
    compressions(metadata, &read)?;
    let unread = fields.iter().map(|field| field.name()).filter(|name| !read(name));
    let columns = chosen.iter().map(|field| field.name().to_owned()).collect();
    let projection =
        SchemaType::group_type_builder(root.name()).with_fields(chosen.clone()).build();
    let rows = rows(&reader, projection.map_err(|error| fault(&error))?)?;
    Ok(Content { columns, unread: unread.map(str::to_owned).collect(), rows })
}

/// What some columns of a file hold, as its metadata state it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Size {
    cells: u64,
    bytes: u64,
}

impl Size {
    fn of(metadata: &ParquetMetaData, read: &dyn Fn(&str) -> bool) -> Self {
        // What is stated as negative is not known, and counts as too much.
        let whole = |stated: i64| u64::try_from(stated).unwrap_or(u64::MAX);
        let groups = metadata.row_groups().iter();
        let rows = groups.clone().map(|group| whole(group.num_rows()));
        let rows =
            rows.fold(0, u64::saturating_add).max(whole(metadata.file_metadata().num_rows()));
        let fields = metadata.file_metadata().schema_descr().root_schema().get_fields();
        let columns = fields.iter().filter(|field| read(field.name())).count() as u64;
        let chunks = groups.flat_map(|group| group.columns()).filter(|chunk| read(field_of(chunk)));
        let size = |chunk: &ColumnChunkMetaData| {
            whole(chunk.uncompressed_size()).max(whole(chunk.compressed_size()))
        };
        let bytes = chunks.map(size).fold(0, u64::saturating_add);
        Self { cells: rows.saturating_mul(columns), bytes }
    }

    fn is_within(self, (cells, bytes): (u64, u64)) -> bool {
        self.cells <= cells && self.bytes <= bytes
    }

    fn check(self) -> Result<(), TableFault> {
        let Self { cells, bytes } = self;
        for (what, found, most) in [("cells", cells, MOST_CELLS), ("bytes", bytes, MOST_BYTES)] {
            if found > most {
                return Err(TableFault::TooLarge { what, found, most });
            }
        }
        Ok(())
    }
}

/// The name of the column of a chunk.
fn field_of(chunk: &ColumnChunkMetaData) -> &str {
    chunk.column_path().parts().first().map_or("", String::as_str)
}

fn compressions(metadata: &ParquetMetaData, read: &dyn Fn(&str) -> bool) -> Result<(), TableFault> {
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    let unread = |compression: &Compression| {
        !matches!(compression, Compression::UNCOMPRESSED | Compression::SNAPPY)
    };
    let mut used = chunks.filter(|chunk| read(field_of(chunk))).map(|chunk| chunk.compression());
    match used.find(unread) {
        Some(other) => Err(TableFault::Compression(name(other))),
        None => Ok(()),
    }
}

fn rows(
    reader: &SerializedFileReader<Bytes>,
    projection: SchemaType,
) -> Result<Vec<Row>, TableFault> {
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for row in reader.get_row_iter(Some(projection)).map_err(|error| fault(&error))? {
        let row = row.map_err(|error| fault(&error))?;
        let cells: Vec<String> = row.get_column_iter().map(|(_, field)| cell(field)).collect();
        // A dictionary holds a long text once, however many rows have it.
        bytes += cells.iter().map(|cell| cell.len() as u64).sum::<u64>();
        Size { cells: 0, bytes }.check()?;
        rows.push(Row { place: Place::Row(rows.len() as u64 + 1), cells });
    }
    Ok(rows)
}

fn fault(error: &ParquetError) -> TableFault {
    TableFault::Parquet(error.to_string())
}

/// The name of a compression without its level.
fn name(compression: Compression) -> String {
    let name = compression.to_string().to_lowercase();
    name.split('(').next().unwrap_or_default().to_owned()
}

/// A cell as text. An f32 gets the digits that it was written with, so that 0.001 stays 0.001.
fn cell(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Float(value) => value.to_string(),
        Field::Double(value) => value.to_string(),
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_million_cells_are_read_and_what_no_file_holds_is_not() {
        assert!(Size { cells: 10_000_000, bytes: 200_000_000 }.check().is_ok());
        for (cells, bytes, said) in [
            (
                u64::MAX,
                1,
                "is too large: it holds 18446744073709551615 cells, and at most 20000000 are read",
            ),
            (
                1,
                1 << 40,
                "is too large: it holds 1099511627776 bytes, and at most 1073741824 are read",
            ),
        ] {
            let told = Size { cells, bytes }.check().expect_err("it is refused").to_string();
            assert_eq!(told, said);
        }
    }

    #[test]
    fn numbers_of_32_bits_keep_their_digits() {
        assert_eq!(cell(&Field::Float(0.001)), "0.001");
        assert_eq!(cell(&Field::Double(f64::from(0.001f32))), "0.0010000000474974513");
        assert_eq!(cell(&Field::Long(1024)), "1024");
        assert_eq!(cell(&Field::Null), "");
    }
}
