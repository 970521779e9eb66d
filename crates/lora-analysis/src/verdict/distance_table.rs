//! The table of distances between trajectories, which no other table holds.

use lora_figures::cell;
use serde::Serialize;

use crate::AnalysisError;
use crate::verdict::cells;
use crate::verdict::distance::distances_at;
use crate::verdict::names::DISTANCES;
use crate::verdict::tested::{All, Judged};
use lora_experiment::study::claim::Claim;
use lora_store::folder::Folder;
use lora_theory::Rational;

/// A row of `distances.csv`: one run beside the one of the same seed in another study.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DistanceRow {
    claim: String,
    study: String,
    against: String,
    init: &'static str,
    #[serde(serialize_with = "cells::exact::serialize")]
    gamma_a: Option<Rational>,
    #[serde(serialize_with = "cells::exact::serialize")]
    gamma_b: Option<Rational>,
    x: usize,
    seed: u64,
    /// D, relative to the losses of `study`; empty if a run diverged.
    distance: Option<f64>,
}

/// Writes the table if a claim compares trajectories, else removes that of an earlier call. Whether it was
/// written.
///
/// # Errors
/// If it cannot be written.
pub fn write(folder: &Folder, judged: &[Judged], all: &All) -> Result<bool, AnalysisError> {
    let of_trajectories = |judged: &&Judged| judged.claim.test.is_of_trajectories();
    let compared = judged.iter().filter(of_trajectories);
    let rows: Vec<DistanceRow> = compared.flat_map(|judged| rows(judged.claim, all)).collect();
    if rows.is_empty() {
        // Most folders have none.
        let _ = std::fs::remove_file(folder.dir().join(DISTANCES));
        return Ok(false);
    }
    folder.write_csv(DISTANCES, &rows)?;
    Ok(true)
}

/// Every distance that a claim is judged by.
fn rows(claim: &Claim, all: &All) -> Vec<DistanceRow> {
    let Some(own) = all.get(&claim.study) else { return Vec::new() };
    let init = claim.measured_init();
    let mut rows = Vec::new();
    for against in claim.against.iter().chain(&claim.than) {
        let Some(other) = all.get(against) else { continue };
        for rate in own.study.pair_numbers() {
            let (gamma_a, gamma_b) = rate.and_then(|rate| own.study.pair(rate)).unzip();
            for (seed, row) in distances_at([own, other], init, rate.unwrap_or_default()) {
                rows.extend(own.study.at.iter().zip(row).map(|(&x, distance)| DistanceRow {
                    claim: cell(&claim.id),
                    study: cell(&claim.study),
                    against: cell(against),
                    init: init.key(),
                    gamma_a,
                    gamma_b,
                    x,
                    seed,
                    distance,
                }));
            }
        }
    }
    rows
}
