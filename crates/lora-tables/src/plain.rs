//! Tables without lines, their columns to the right, and running text.

use comfy_table::{Cell, CellAlignment, Table, presets};
pub use lora_constants::wrapped;

/// An empty table.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    let right = |text: &&str| Cell::new(text).set_alignment(CellAlignment::Right);
    table.set_header(header.iter().map(right));
    table
}

/// Adds a row.
pub fn add(table: &mut Table, cells: Vec<String>) {
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    table.add_row(cells.into_iter().map(right).collect::<Vec<_>>());
}
