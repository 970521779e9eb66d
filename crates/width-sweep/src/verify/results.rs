//! What is written of a verification that has measured everything.

use crate::error::CommandError;
use lora_analysis::verdict::judge::judge;
use lora_analysis::verdict::names::{
    CLAIMS, DISTANCES, MANIFEST, PAGE, SLOPES, TESTS, VALUES, VERDICTS, WRITTEN,
};
use lora_analysis::verdict::run_summary::RunSummaries;
use lora_analysis::verdict::tested::{All, Judged};
use lora_analysis::verdict::values::Measurements;
use lora_analysis::verdict::{distance_table, figures, files, page, table};
use lora_experiment::study::plan_file::{PLAN, PlanFile};
use lora_experiment::study::predictions::Predictions;
use lora_experiment::study::suite::Suite;
use lora_stats::Verdict;
use lora_store::digest::{self, Digests};
use lora_store::folder::Folder;
use lora_store::manifest::Manifest;
use lora_sweep::Measured;
use serde::Serialize;

use crate::typed::run_with;
use lora_tables::verdicts;

/// A verification that has measured everything.
pub struct Finished<'s> {
    suite: &'s Suite,
    all: All<'s>,
    manifest: Manifest,
    /// Cells of all studies, and those of them that an earlier call had trained.
    cells: [usize; 2],
}

/// Where a verification's results come from.
#[derive(Serialize)]
struct VerifyManifest {
    /// Points and seeds of all studies.
    cells: usize,
    /// Those of them that an earlier call had trained; the wall time is without them.
    cells_at_hand: usize,
    #[serde(flatten)]
    run: Manifest,
}

impl<'s> Finished<'s> {
    /// Of a suite, with the runs of all its cells.
    pub fn new(suite: &'s Suite, measured: Measured<RunSummaries>) -> Self {
        let Measured { rows, cells_kept, manifest, .. } = measured;
        let cells = [rows.len(), cells_kept];
        let mut by_study = vec![Vec::new(); suite.studies.len()];
        rows.into_iter().for_each(|(cell, rows)| by_study[cell.study].push((cell, rows)));
        let all = suite.studies.iter().zip(by_study);
        let all = all.map(|(study, rows)| (study.id.clone(), Measurements::of(study, rows)));
        Self { suite, all: all.collect(), manifest, cells }
    }
}

/// Judges, writes everything, and tells the verdicts. An error if a negative control passes.
pub fn conclude(folder: &Folder, finished: Finished, quick: bool) -> Result<String, CommandError> {
    let Finished { suite, all, manifest, cells: [cells, cells_at_hand] } = finished;
    // As they were written before training.
    let predictions = &planned(folder)?;
    let judge = |claim| judge(claim, &all, predictions);
    let judged: Vec<Judged> = suite.claims.iter().map(judge).collect::<Result<_, _>>()?;
    let digests = write(folder, (suite, predictions), &judged, &all, quick)?;
    let seconds = manifest.wall_seconds;
    // How to continue it is of no use to those who read published results.
    let (sweep, command) = (None, Vec::new());
    let run = Manifest { digests, sweep, command, ..manifest };
    folder.write_json(MANIFEST, &VerifyManifest { cells, cells_at_hand, run })?;
    tell(folder, &judged, seconds)
}

/// The predictions of the directory's plan.
fn planned(folder: &Folder) -> Result<Predictions, CommandError> {
    let path = folder.dir().join(PLAN);
    Ok(PlanFile::read(&path, folder.read(PLAN)?.as_deref(), true)?.predictions()?)
}

/// The tables that were written, in words.
fn written(folder: &Folder) -> String {
    let distances = folder.dir().join(DISTANCES).is_file().then_some(DISTANCES);
    WRITTEN.into_iter().chain(distances).collect::<Vec<_>>().join(", ")
}

fn tell(folder: &Folder, judged: &[Judged], seconds: f64) -> Result<String, CommandError> {
    let mut text = verdicts::render(judged);
    text += &format!("\n{}: {}\n", folder.dir().display(), written(folder));
    text += &format!("{seconds:.0} s\n");
    let passed: Vec<&str> = table::controls(judged)
        .filter(|judged| judged.verdict != Verdict::Refuted)
        .map(|judged| judged.claim.id.as_str())
        .collect();
    if passed.is_empty() {
        return Ok(text);
    }
    Err(CommandError::Failed(format!(
        "negative controls were not refuted, so the verdicts cannot be trusted: {}\n\n{text}",
        passed.join(", ")
    )))
}

/// Writes tables, figures and page; the digests of what is read back.
fn write(
    folder: &Folder,
    (suite, predictions): (&Suite, &Predictions),
    judged: &[Judged],
    all: &All,
    quick: bool,
) -> Result<Digests, CommandError> {
    folder.write_json(VERDICTS, &files::verdicts(judged, quick))?;
    folder.write_csv(CLAIMS, &files::claim_rows(judged))?;
    folder.write_csv(TESTS, &files::test_rows(judged))?;
    folder.write_csv(SLOPES, &files::slope_rows(judged))?;
    folder.write_csv(VALUES, &files::value_rows(all))?;
    let has_distances = distance_table::write(folder, judged, all)?;
    let figures = figures::draw(folder, (suite, predictions), (judged, all), quick)?;
    folder.write(PAGE, page::render(suite, judged, (&figures, quick), run_with).as_bytes())?;
    let tables = [VERDICTS, CLAIMS, TESTS, SLOPES, VALUES];
    let pictures = figures.iter().map(|name| format!("{name}.svg"));
    let distances = has_distances.then(|| DISTANCES.to_owned());
    let tables = tables.map(str::to_owned).into_iter().chain(distances);
    let read_back: Vec<String> = tables.chain(pictures).collect();
    Ok(digest::of_files(folder.dir(), &read_back)?)
}
