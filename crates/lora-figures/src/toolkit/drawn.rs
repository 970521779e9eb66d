//! The table of drawn values written beside each picture.

use std::path::Path;

use lora_types::Width;
use serde::{Deserialize, Serialize};

use crate::error::FigureError;
use crate::toolkit::cell::{cell, uncell};

/// One thing drawn, or left out and why. All figures share these columns.
///
/// `x_to` and `y_to` are the far end of an interval, a straight line or a band, and empty for a point or for one
/// vertex of a longer line, whose vertices follow each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DrawnRow {
    /// Panel, such as "eta_opt".
    pub panel: String,
    /// What kind of mark: "point", "interval", "fit", "guide", "band" and so on.
    pub layer: String,
    /// Init, or another name of the series.
    pub series: String,
    /// Width n, a number or `inf`, where the mark belongs to one.
    pub width: Option<Width>,
    /// Seed, where the mark belongs to one.
    pub seed: Option<u64>,
    /// Horizontal value.
    pub x: Option<f64>,
    /// Vertical value.
    pub y: Option<f64>,
    /// Far end, horizontally.
    pub x_to: Option<f64>,
    /// Far end, vertically.
    pub y_to: Option<f64>,
    /// Text at the mark, as given.
    pub label: String,
    /// Whether the mark is in the picture.
    pub drawn: bool,
    /// Why it is not, or how it differs from its fellows ("hollow").
    pub note: String,
}

impl DrawnRow {
    /// A drawn mark of a layer.
    pub(crate) fn new(panel: &str, layer: &str, series: &str) -> Self {
        Self {
            panel: panel.to_owned(),
            layer: layer.to_owned(),
            series: series.to_owned(),
            drawn: true,
            ..Self::default()
        }
    }

    pub(crate) fn at(mut self, x: f64, y: f64) -> Self {
        (self.x, self.y) = (Some(x), Some(y));
        self
    }

    pub(crate) fn to(mut self, x: f64, y: f64) -> Self {
        (self.x_to, self.y_to) = (Some(x), Some(y));
        self
    }

    pub(crate) fn width(mut self, width: Width) -> Self {
        self.width = Some(width);
        self
    }

    pub(crate) fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    pub(crate) fn label(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }

    pub(crate) fn note(mut self, note: &str) -> Self {
        note.clone_into(&mut self.note);
        self
    }

    /// Marks the row as left out.
    pub(crate) fn left_out(mut self, why: &str) -> Self {
        self.drawn = false;
        self.note(why)
    }
}

/// Why a point is left out of log-log axes; empty if it is not.
pub(crate) fn reason(x: f64, y: f64) -> &'static str {
    match [x, y].into_iter().find(|v| !v.is_finite() || *v <= 0.0) {
        Some(bad) if bad.is_finite() => "not positive on a log axis",
        Some(_) => "not finite",
        None => "",
    }
}

/// The table as CSV. Its header is there even with no rows. Errors name `path`.
pub(crate) fn table(path: &Path, rows: &[DrawnRow]) -> Result<Vec<u8>, FigureError> {
    let failed = |source| FigureError::Table { path: path.to_owned(), source };
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(HEADER).map_err(failed)?;
    for row in rows {
        writer.serialize(as_cells(row)).map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|error| FigureError::Write { path: path.to_owned(), source: error.into_error() })
}

/// A row as it is written: its panel, series, label and note may be anybody's words.
fn as_cells(row: &DrawnRow) -> DrawnRow {
    let mut row = row.clone();
    for text in [&mut row.panel, &mut row.series, &mut row.label, &mut row.note] {
        *text = cell(text);
    }
    row
}

fn as_texts(mut row: DrawnRow) -> DrawnRow {
    for text in [&mut row.panel, &mut row.series, &mut row.label, &mut row.note] {
        *text = uncell(text).to_owned();
    }
    row
}

const HEADER: [&str; 12] = [
    "panel", "layer", "series", "width", "seed", "x", "y", "x_to", "y_to", "label", "drawn", "note",
];

/// Reads a table of drawn values back.
///
/// # Errors
/// [`FigureError::Table`] if the file cannot be read, or a row of it is not one of these.
pub fn read_drawn(path: &Path) -> Result<Vec<DrawnRow>, FigureError> {
    let failed = |source| FigureError::Table { path: path.to_owned(), source };
    let mut reader = csv::Reader::from_path(path).map_err(failed)?;
    let rows = reader.deserialize().map(|row| row.map(as_texts));
    rows.collect::<Result<_, _>>().map_err(failed)
}
