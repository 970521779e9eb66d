//! What follows from a finished run, as text.

use std::path::Path;

use lora_analysis::conclusion::conclusion;
use lora_sweep::Concluded;

use crate::{coordinates_table, statements_table, table};

/// The tables, what was written into the directory, and the conclusion.
pub fn text(dir: &Path, concluded: &Concluded) -> String {
    let Concluded { summary, figures } = concluded;
    let mut text = table::render(summary) + &statements_table::render(summary);
    text += &coordinates_table::render(summary);
    text += &format!("\n{}: summary.json, runs.csv, trajectories.csv\n", dir.display());
    for figure in figures {
        text += &format!("{}\n", figure.display());
    }
    text += &format!("\n{}\n", table::wrapped(&conclusion(summary)));
    text
}
