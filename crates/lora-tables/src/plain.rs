//! Tables without lines, their columns to the right, and running text.

use comfy_table::{Cell, CellAlignment, Table, presets};

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

/// Characters in a line of running text.
const LINE: usize = 100;

/// Running text in lines.
pub fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE => {
                *line += &format!(" {word}");
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
