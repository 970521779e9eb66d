//! What an answer is written as: `limit.json`, `limit.csv`, a figure for each readout exponent, and
//! `manifest.json`, which says where they come from.

use std::fs;
use std::path::{Path, PathBuf};

use lora_figures::Style;
use lora_limit::Coupled;
use lora_sim::spec::Init;
use lora_sim::{CpuEngine, Engine};
use lora_store::digest::of_files;
use lora_store::folder::{Folder, Known};
use lora_store::manifest::{Manifest, RunsOrigin};
use serde::Serialize;

use crate::answer::Answer;
use crate::constants::Curves;
use crate::error::ConstantsError;
use crate::figure::{FIGURE, drawings};
use crate::run::LimitRun;

pub(crate) const DOCUMENT: &str = "limit.json";
const MANIFEST: &str = "manifest.json";
const TABLE: &str = "limit.csv";

/// How a directory of constants is known.
pub const KNOWN: Known =
    Known { files: &[(DOCUMENT, "\"coupled_width\"")], alone: None, by: "limit" };

/// One row of `limit.csv`: one run of a limit. Runs over more neurons are those of the lowest loss, which the
/// search left out. Z_A and Z_B are in the limit's units.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LimitRow {
    /// a, exact.
    pub readout: String,
    /// "A" or "B".
    pub init: Init,
    /// Seed.
    pub seed: u64,
    /// Position of c on the search's grid.
    pub c_index: i64,
    /// c in η = c n^γ.
    pub c: f64,
    /// Neurons of the quadrature, on each side and in each replicate.
    pub neurons: usize,
    /// What the search minimises; empty if the run diverged.
    pub loss: Option<f64>,
    /// The quadrature's standard error of it.
    pub error: Option<f64>,
    /// rms of Z_A after the last step.
    pub z_a: f64,
    /// rms of Z_B after the last step.
    pub z_b: f64,
    /// Largest rms of Z_B over all steps.
    pub peak_z_b: Option<f64>,
    /// The step at which the run diverged; empty if it did not.
    pub diverged_at: Option<usize>,
}

/// Writes an answer that took so many seconds, with the runs behind it, and returns the paths of what was
/// written.
///
/// # Errors
/// [`ConstantsError::Store`] for a directory that holds other files or a file that cannot be written, and
/// [`ConstantsError::Figure`] for a figure that cannot be drawn.
pub fn write(
    dir: &Path,
    answer: &Answer,
    curves: &Curves,
    seconds: f64,
) -> Result<Vec<PathBuf>, ConstantsError> {
    let folder = Folder::for_writing(dir, &KNOWN)?;
    // First, since the directory is known by it.
    folder.write_json(DOCUMENT, answer)?;
    let rows = rows(answer, curves);
    folder.write_csv(TABLE, &rows)?;
    folder.write_json(MANIFEST, &manifest(dir, answer, rows.len(), seconds)?)?;
    remove_figures(&folder)?;
    let mut paths = vec![dir.join(DOCUMENT), dir.join(TABLE), dir.join(MANIFEST)];
    for drawing in drawings(answer, curves) {
        paths.push(drawing.write(dir, &Style::default())?.png);
    }
    Ok(paths)
}

/// Where an answer of so many runs comes from. The students are those that the CPU engine draws.
fn manifest(
    dir: &Path,
    answer: &Answer,
    runs: usize,
    seconds: f64,
) -> Result<Manifest, ConstantsError> {
    let engine = CpuEngine::new();
    let manifest = Manifest::new(
        &answer.experiment,
        answer.quick,
        &answer.settings,
        engine.describe(),
        seconds,
    )?;
    let (version, neurons) = (Coupled::version(&engine.numerics()), answer.neurons);
    let origin = RunsOrigin {
        numerics: format!("{version} of {neurons} neurons, {} times", answer.replicates),
        git_commit: manifest.provenance.git_commit.clone(),
        git_dirty: manifest.provenance.git_dirty,
        runs,
    };
    let digests = of_files(dir, &[DOCUMENT, TABLE])?;
    Ok(Manifest { digests, trained: vec![origin], ..manifest })
}

/// Removes the figures of an earlier answer, which may be of other readouts.
fn remove_figures(folder: &Folder) -> Result<(), ConstantsError> {
    let entries = fs::read_dir(folder.dir()).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let drawn = |name: &String| {
        name.starts_with(FIGURE) && [".png", ".svg", ".csv"].iter().any(|end| name.ends_with(end))
    };
    for name in names.filter(drawn) {
        folder.remove(&name)?;
    }
    Ok(())
}

/// Every run, by readout, init, seed and c; at each seed's end those over more neurons.
fn rows(answer: &Answer, curves: &Curves) -> Vec<LimitRow> {
    let mut rows = Vec::new();
    for (of, inits) in answer.readouts.iter().zip(curves) {
        for (&init, seeds) in inits {
            for (seed, curve) in seeds {
                let row = |run| row(&of.readout, (init, *seed), run);
                rows.extend(curve.runs.iter().chain(&curve.finer).map(row));
            }
        }
    }
    rows
}

fn row(readout: &str, (init, seed): (Init, u64), run: &LimitRun) -> LimitRow {
    let &LimitRun { c_index, c, neurons, loss, error, z_a, z_b, peak_z_b, diverged_at } = run;
    LimitRow {
        readout: readout.to_owned(),
        init,
        seed,
        c_index,
        c,
        neurons,
        loss,
        error,
        z_a,
        z_b,
        peak_z_b,
        diverged_at,
    }
}
