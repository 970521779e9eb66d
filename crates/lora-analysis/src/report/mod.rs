//! From the directory of a run to the rows of its HTML page, which [`lora_report`] makes.
//!
//! `lora-theory` alone fills the page's table of the theory.

mod curves;
pub mod exponents;
mod pictures;
mod provenance;
pub mod scaling;
mod steps;
mod theory;
mod theory_axes;
mod verdicts;
mod words;

pub use curves::optima;
pub use provenance::PageCommands;
pub use verdicts::find as find_verdicts;

use lora_report::{Explorer, Report};

use crate::AnalysisError;
use crate::analysis::{readings, summarise};
use crate::conclusion::conclusion;
use crate::draw::Sources;
use crate::minus::minus_signs;
use lora_experiment::study::definition::Study;
use lora_store::rows::Results;
use lora_store::run_dir::{ReadBack, Store};

/// Gathers the page on a run; `verdicts` are of a verification beside it, and `typed` is what its reader
/// may type.
///
/// # Errors
/// [`AnalysisError`] for tables or figures of the run that cannot be read or that do not belong to its
/// experiment.
pub fn gather(
    store: &Store,
    run: &ReadBack,
    verdicts: lora_report::Verdicts,
    typed: &PageCommands,
) -> Result<Report, AnalysisError> {
    let ReadBack { experiment, manifest, .. } = run;
    let (runs, steps) = (run.runs()?, run.steps_if_any()?);
    let results = &Results { runs, steps, ..Results::default() };
    let study = Study::of(&manifest.experiment, experiment)?;
    let readings = &readings(&study, &results.runs);
    let plan = &store.plan(experiment, manifest)?;
    let summary = &summarise(&manifest.experiment, manifest.quick, (experiment, plan), readings);
    let sources = &Sources { experiment, results, readings, summary };
    let (pictures, missing_pictures) = pictures::of_run(store, run)?;
    Ok(Report {
        name: manifest.experiment.clone(),
        title: words::title(experiment, manifest),
        quick: manifest.quick,
        conclusion: conclusion(summary),
        about: words::about(sources),
        exponents: exponents::exponents(&summary.inits),
        unpredicted: UNPREDICTED.to_owned(),
        widths: exponents::widths(&summary.inits),
        warnings: summary.warnings.iter().map(|warning| minus_signs(warning)).collect(),
        explorer: explorer(sources),
        theory: match sources.of_transformer() {
            true => None,
            false => Some(theory::tabulate(sources)?),
        },
        verdicts,
        pictures,
        missing_pictures,
        experiment: run.experiment_text.clone(),
        provenance: provenance::facts(manifest),
        commands: provenance::commands(manifest, typed),
    })
}

/// What the page of a transformer says of predictions.
const UNPREDICTED: &str = " and its 95% interval over seeds. The theory treats one layer with LoRA, not a \
                           transformer, so that nothing is predicted.";

fn explorer(sources: &Sources) -> Explorer {
    let (runs, note_on_runs) = curves::runs(sources);
    let (steps, note_on_steps) = steps::curves(sources);
    let inits = &sources.summary.inits;
    Explorer {
        inits: sources.experiment.training.inits.clone(),
        widths: sources.experiment.model.widths.iter().map(|&n| n.into()).collect(),
        run_quantities: curves::quantities(sources),
        runs,
        means: curves::means(sources),
        loss_ceiling: crate::draw::loss_ceiling(&sources.results.runs),
        optima: curves::optima(inits),
        step_quantities: steps::quantities(sources),
        steps,
        scaling_quantities: scaling::quantities(inits),
        scaling: scaling::points(inits),
        lines: scaling::lines(inits),
        notes: note_on_runs.into_iter().chain(note_on_steps).collect(),
    }
}
