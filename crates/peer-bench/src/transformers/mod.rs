//! `peer-bench transformers`: LoRA on transformers, against PyTorch with PEFT, eager and compiled.
//!
//! All contestants are processes, ours too, so that their memory is told apart.

mod agreement;
mod case;
mod contestant;
mod environment;
mod figure;
mod material;
mod memory;
mod options;
mod ours;
mod rounds;
mod row;
mod runs;
mod shapes;
mod table;
mod team;
mod texts;

use std::path::Path;
use std::time::Instant;

use lora_store::folder::Folder;
use width_sweep::error::CommandError;

use crate::origin::{KNOWN, Origin};
use row::Row;

pub use options::Options;
pub use ours::work;
pub use team::OUR_WORKER;

/// Every case in turn; the files are written anew after each, so that what is measured stays.
///
/// # Errors
/// If a case cannot be measured or the results cannot be written.
pub fn run(options: &Options) -> Result<String, CommandError> {
    if let Some(folder) = &options.table {
        return again(folder);
    }
    let folder = Folder::for_writing(&options.folder(), &KNOWN)?;
    let python = environment::python()?;
    let cases = case::cases(options);
    let engine = format!("CPU, {}", lora_transformer::instruction_set());
    let mut origin = Origin::before(options.quick, (&format!("{cases:?}"), 0), engine);
    let (start, mut rows, mut page) = (Instant::now(), Vec::new(), String::new());
    for case in &cases {
        let measured = rounds::measure(&python, case, options)?;
        rows.extend(measured.rows);
        origin.add(measured.versions, measured.notes, start.elapsed().as_secs_f64());
        page = write(&folder, &rows, &origin, options)?;
    }
    if cases.is_empty() {
        return Err(CommandError::Failed("--only names no case".to_owned()));
    }
    Ok(page)
}

/// The tables of an earlier call, from its CSV file.
fn again(folder: &Path) -> Result<String, CommandError> {
    Ok(table::markdown(&row::read(folder)?))
}

/// Writes all files to the folder and returns the page.
fn write(
    folder: &Folder,
    rows: &[Row],
    origin: &Origin,
    options: &Options,
) -> Result<String, CommandError> {
    let mut page = format!("{}\n\n{}", sentence(rows, origin, options), table::markdown(rows));
    for note in &origin.notes {
        page.push_str(&format!("\n{note}\n"));
    }
    // First, since the folder is known by it.
    folder.write_json("peers.json", origin)?;
    folder.write("peers.md", page.as_bytes())?;
    folder.write_csv("peers.csv", rows)?;
    figure::write(folder, rows, &origin.manifest.provenance.machine, options.threads)?;
    Ok(page)
}

fn sentence(rows: &[Row], origin: &Origin, options: &Options) -> String {
    let others = rows.iter().map(|row| row.others).fold(0.0, f64::max);
    format!(
        "{} LoRA of rank 8 on all linear modules, AdamW, {} rounds. Medians with ranges over rounds; times \
         ours: the median of paired ratios; memory: the most beyond what was there before training. Other \
         programs had at most {:.0}% of the processors (medians over rounds).",
        origin.who(options.threads),
        options.rounds,
        100.0 * others,
    )
}
