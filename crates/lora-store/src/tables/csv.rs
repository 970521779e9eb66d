//! A table as CSV: an empty cell is null; numbers are the shortest text that reads back as the same
//! f64, with `NaN`, `inf` and `-inf`.

use std::io::{Error, Result, Write};

use crate::tables::column::{Cells, Column};

/// A table that is being written.
pub struct CsvTable<R: 'static, W: Write> {
    writer: csv::Writer<W>,
    columns: &'static [Column<R>],
}

impl<R, W: Write> CsvTable<R, W> {
    /// With its header.
    pub fn new(to: W, columns: &'static [Column<R>]) -> Result<Self> {
        let mut writer = csv::Writer::from_writer(to);
        writer.write_record(columns.iter().map(|column| column.name)).map_err(Error::other)?;
        Ok(Self { writer, columns })
    }

    /// Adds a row.
    pub fn push(&mut self, row: &R) -> Result<()> {
        for column in self.columns {
            let written = match &column.cells {
                Cells::Text(text) => self.writer.write_field(text(row)),
                other => self.writer.write_field(number(other, row)),
            };
            written.map_err(Error::other)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(Error::other)
    }

    /// Writes what is left.
    pub fn finish(mut self) -> Result<()> {
        self.writer.flush()
    }
}

fn number<R>(cells: &Cells<R>, row: &R) -> String {
    match cells {
        Cells::Text(text) => text(row).to_owned(),
        Cells::Whole(whole) => whole(row).to_string(),
        Cells::WholeOrNull(whole) => whole(row).map_or_else(String::new, |whole| whole.to_string()),
        Cells::Real(real) => format!("{:?}", real(row)),
        Cells::RealOrNull(real) => real(row).map_or_else(String::new, |real| format!("{real:?}")),
        Cells::Flag(flag) => flag(row).to_string(),
    }
}
