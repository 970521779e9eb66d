//! What follows from a finished run, as text.

use std::path::Path;

use lora_analysis::conclusion::conclusion;
use lora_sweep::Concluded;
use lora_tables::{coordinates, plain, statements, summary as sweep};

/// The tables, what was written into the directory, and the conclusion.
pub fn text(dir: &Path, concluded: &Concluded) -> String {
    let Concluded { summary, figures } = concluded;
    let mut text = sweep::render(summary) + &statements::render(summary);
    text += &coordinates::render(summary);
    text += &format!("\n{}: summary.json, runs.csv, trajectories.csv\n", dir.display());
    for figure in figures {
        text += &format!("{}\n", figure.display());
    }
    text += &format!("\n{}\n", plain::wrapped(&conclusion(summary)));
    text
}
