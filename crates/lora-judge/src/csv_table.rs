//! CSV as spreadsheets and trackers write it.

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};

use crate::error::TableFault;
use crate::place::Place;
use crate::table::{Content, Row};

/// What may stand between cells.
const BETWEEN: [u8; 3] = [b',', b';', b'\t'];

/// The names of the columns, and the rows.
pub(crate) fn parse(bytes: &[u8]) -> Result<Content, TableFault> {
    let text = std::str::from_utf8(bytes).map_err(|error| TableFault::NotText {
        line: 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count(),
    })?;
    // Excel begins its UTF-8 with a mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter(text)).trim(Trim::All);
    let mut reader = builder.from_reader(text.as_bytes());
    let columns = reader.headers().map_err(|error| fault(&error))?;
    let columns: Vec<String> = columns.iter().map(str::to_owned).collect();
    let rows = reader.into_records().map(|record| Ok(row(&record.map_err(|error| fault(&error))?)));
    Ok(Content { columns, unread: Vec::new(), rows: rows.collect::<Result<_, TableFault>>()? })
}

/// The one of the marks that the first line has most of.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |mark: u8| first.bytes().filter(|&byte| byte == mark).count();
    // Of equals the last one is the largest, so the comma comes last.
    BETWEEN.into_iter().rev().max_by_key(|&mark| count(mark)).unwrap_or(b',')
}

fn row(record: &StringRecord) -> Row {
    let line = record.position().map_or(0, csv::Position::line);
    Row { place: Place::Line(line), cells: record.iter().map(str::to_owned).collect() }
}

fn fault(error: &csv::Error) -> TableFault {
    match error.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => TableFault::Ragged {
            place: Place::Line(pos.as_ref().map_or(0, csv::Position::line)),
            found: *len as usize,
            expected: *expected_len as usize,
        },
        _ => TableFault::Csv(error.to_string()),
    }
}
