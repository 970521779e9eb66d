//! What follows from a finished run: its summary and its figures.

use std::path::PathBuf;

use lora_analysis::analysis::{readings, summarise};
use lora_analysis::coordinates;
use lora_analysis::draw::{self, Sources};
use lora_analysis::summary::Summary;
use lora_constants::{question_of, summary_of};
use lora_experiment::study::definition::Study;
use lora_store::manifest::Manifest;
use lora_store::rows::Results;
use lora_store::run_dir::Store;

use crate::error::SweepError;

/// What was concluded, and written.
#[derive(Clone, Debug)]
pub struct Concluded {
    /// The summary, as `summary.json` holds it.
    pub summary: Summary,
    /// The pictures of the figures.
    pub figures: Vec<PathBuf>,
}

/// Summarises and draws: a pure function of what is in the directory.
///
/// # Errors
/// [`SweepError`] for a plan that cannot be read, and for a file that cannot be written.
pub fn conclude(
    store: &Store,
    study: &Study,
    results: &Results,
    manifest: &Manifest,
) -> Result<Concluded, SweepError> {
    let experiment = &study.experiment;
    let question = question_of((&manifest.experiment, manifest.quick), experiment)?;
    let limit = question.map(|question| summary_of(&question, &results.limits)).transpose()?;
    let readings = readings(study, &results.runs);
    let plan = &store.plan(experiment, manifest)?;
    let summary = Summary {
        coordinates: coordinates::check(study, results),
        limit,
        ..summarise(&manifest.experiment, manifest.quick, (experiment, plan), &readings)
    };
    store.write_summary(&summary)?;
    let sources = Sources { experiment, results, readings: &readings, summary: &summary };
    let figures = draw::draw(store, &sources, manifest)?;
    Ok(Concluded { summary, figures })
}
