//! What follows from a finished run: summary, figures and table.

use crate::error::CommandError;
use lora_analysis::analysis::{readings, summarise};
use lora_analysis::conclusion::conclusion;
use lora_analysis::coordinates;
use lora_analysis::draw::{self, Sources};
use lora_analysis::summary::Summary;
use lora_experiment::study::definition::Study;
use lora_store::manifest::Manifest;
use lora_store::rows::Results;
use lora_store::run_dir::Store;

use crate::{coordinates_table, statements_table, table};

/// Summary, figures and table: a pure function of what is in the directory.
pub fn conclude(
    store: &Store,
    study: &Study,
    results: &Results,
    manifest: &Manifest,
) -> Result<String, CommandError> {
    let experiment = &study.experiment;
    let readings = readings(study, &results.runs);
    let plan = &store.plan(experiment, manifest)?;
    let summary = Summary {
        coordinates: coordinates::check(study, results),
        ..summarise(&manifest.experiment, manifest.quick, (experiment, plan), &readings)
    };
    store.write_summary(&summary)?;
    let sources = Sources { experiment, results, readings: &readings, summary: &summary };
    let figures = draw::draw(store, &sources, manifest)?;
    let mut text = table::render(&summary) + &statements_table::render(&summary);
    text += &coordinates_table::render(&summary);
    text += &format!("\n{}: summary.json, runs.csv, trajectories.csv\n", store.dir().display());
    for figure in figures {
        text += &format!("{}\n", figure.display());
    }
    text += &format!("\n{}\n", table::wrapped(&conclusion(&summary)));
    Ok(text)
}
