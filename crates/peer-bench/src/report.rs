//! The files that are written: the table, the figure, and the origin of both.

use lora_store::folder::Folder;
use width_sweep::error::CommandError;

use crate::cli::Cli;
use crate::figure;
use crate::origin::{KNOWN, Origin};
use crate::table::{self, Row};

fn sentence(origin: &Origin, cli: &Cli) -> String {
    format!(
        "{} {} learning rates, {} steps of full-batch Adam, {} rounds. Medians with ranges over rounds; \
         times ours: the median of paired ratios; others: the median share of the processors that other \
         programs had meanwhile.",
        origin.who(cli.threads),
        cli.learning_rates,
        cli.steps,
        cli.rounds,
    )
}

/// The folder that results go to; refused before anything is timed where it is not for them.
pub fn folder(cli: &Cli) -> Result<Folder, CommandError> {
    Ok(Folder::for_writing(&cli.folder(), &KNOWN)?)
}

/// Writes all files to the folder and returns the page.
pub fn write(
    folder: &Folder,
    rows: &[Row],
    origin: &Origin,
    cli: &Cli,
) -> Result<String, CommandError> {
    let mut page = format!("{}\n\n{}", sentence(origin, cli), table::markdown(rows));
    for note in &origin.notes {
        page.push_str(&format!("\n{note}\n"));
    }
    // First, since the folder is known by it.
    folder.write_json("peers.json", origin)?;
    folder.write("peers.md", page.as_bytes())?;
    folder.write("peers.csv", &table::csv(rows)?)?;
    figure::write(folder, rows, &origin.manifest.provenance.machine, cli.threads)?;
    Ok(page)
}
