//! Parquet as pandas and polars write it, compressed with snappy or not at all.

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use crate::error::TableFault;
use crate::guarded::guarded;
use crate::place::Place;
use crate::table::Row;

/// The names of the columns, and the rows.
pub(crate) fn parse(bytes: Vec<u8>) -> Result<(Vec<String>, Vec<Row>), TableFault> {
    // The crate parquet panics on some damaged files.
    guarded(|| unguarded(bytes)).unwrap_or_else(|panic| Err(TableFault::Parquet(panic)))
}

fn unguarded(bytes: Vec<u8>) -> Result<(Vec<String>, Vec<Row>), TableFault> {
    let reader = SerializedFileReader::new(Bytes::from(bytes)).map_err(|error| fault(&error))?;
    let metadata = reader.metadata();
    let fields = metadata.file_metadata().schema_descr().root_schema().get_fields().to_vec();
    let columns = fields.iter().map(|field| field.name().to_owned()).collect();
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    let unread = |compression: &Compression| {
        !matches!(compression, Compression::UNCOMPRESSED | Compression::SNAPPY)
    };
    if let Some(other) = chunks.map(|chunk| chunk.compression()).find(unread) {
        return Err(TableFault::Compression(name(other)));
    }
    let mut rows = Vec::new();
    for row in reader.get_row_iter(None).map_err(|error| fault(&error))? {
        let row = row.map_err(|error| fault(&error))?;
        let cells = row.get_column_iter().map(|(_, field)| cell(field)).collect();
        rows.push(Row { place: Place::Row(rows.len() as u64 + 1), cells });
    }
    Ok((columns, rows))
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
    fn numbers_of_32_bits_keep_their_digits() {
        assert_eq!(cell(&Field::Float(0.001)), "0.001");
        assert_eq!(cell(&Field::Double(f64::from(0.001f32))), "0.0010000000474974513");
        assert_eq!(cell(&Field::Long(1024)), "1024");
        assert_eq!(cell(&Field::Null), "");
    }
}
