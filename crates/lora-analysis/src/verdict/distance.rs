//! How far the losses of two studies are apart, run by run: the exponent of
//!
//! ```text
//! D = (Σ_t (L_t − L'_t)² / Σ_t L_t²)^1/2
//! ```
//!
//! over all steps t, where L' is the loss of the same seed's run in the other study. That is the network
//! linearised at H, the limit that is coupled to the run, or a run that has the same limit.

use std::collections::BTreeMap;

use lora_sim::spec::Init;
use lora_stats::relative_distance;

use crate::AnalysisError;
use crate::verdict::tested::{All, Tested, exponent, missing, planned};
use crate::verdict::values::Measurements;
use lora_experiment::study::claim::{Claim, Quantity};
use lora_experiment::study::predictions::Predictions;

/// The exponent of D at every given rate.
///
/// # Errors
/// If the other study was not measured, or the plan lacks a prediction.
pub fn distances(
    claim: &Claim,
    measured: &Measurements,
    all: &All,
    predictions: &Predictions,
) -> Result<Vec<Tested>, AnalysisError> {
    let other = claim.against.as_deref().unwrap_or_default();
    let other = all.get(other).ok_or_else(|| missing(other))?;
    let (init, quantity) = (claim.measured_init(), Quantity::Distance);
    let test = |rate: Option<usize>| {
        let rates = rate.and_then(|rate| measured.study.pair(rate));
        let predicted = planned(predictions, claim, Some(quantity), rates)?;
        let of_seeds = distances_at([measured, other], init, rate.unwrap_or_default());
        let values = of_seeds.into_values().collect();
        Ok(exponent(claim, measured, (quantity, rate), predicted, &values))
    };
    measured.study.pair_numbers().into_iter().map(test).collect()
}

/// D by point of the first study, for every seed that both studies have; none where a run is missing or
/// has diverged.
pub fn distances_at(
    [own, other]: [&Measurements; 2],
    init: Init,
    rate: usize,
) -> BTreeMap<u64, Vec<Option<f64>>> {
    let at = |x: usize, seed: u64| {
        let cell = (x, seed);
        relative_distance(own.losses(cell, init, rate)?, other.losses(cell, init, rate)?)
    };
    let seeds = |measured: &Measurements| measured.study.experiment.training.seeds.clone();
    let other_seeds = seeds(other);
    let row = |seed: u64| (seed, own.study.at.iter().map(|&x| at(x, seed)).collect());
    seeds(own).into_iter().filter(|seed| other_seeds.contains(seed)).map(row).collect()
}
