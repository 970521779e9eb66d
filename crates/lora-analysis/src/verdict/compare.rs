//! Comparisons: of one exponent in two studies, and of losses.

use lora_sim::spec::Init;
use lora_stats::{DEFAULT_LEVEL, Decision, decide_interval, seed_interval};
use lora_theory::approximate;

use crate::AnalysisError;
use crate::verdict::distance::distances_at;
use crate::verdict::tested::{All, Tested, exponent, missing, planned, unpredicted};
use crate::verdict::values::{Measurements, Values};
use lora_experiment::prediction::Predicted;
use lora_experiment::study::claim::{Claim, Quantity};
use lora_experiment::study::definition::Study;
use lora_experiment::study::predictions::Predictions;
use lora_experiment::study::words;

/// How many of the widest points a comparison of losses takes.
const WIDEST: usize = 3;

/// The exponent of the ratio of one quantity in two studies, paired by the seed's number.
///
/// # Errors
/// If the other study was not measured, or the plan lacks the prediction.
pub fn same(
    claim: &Claim,
    measured: &Measurements,
    all: &All,
    predictions: &Predictions,
) -> Result<Tested, AnalysisError> {
    let other = claim.against.as_deref().unwrap_or_default();
    let other = all.get(other).ok_or_else(|| missing(other))?;
    let (init, quantity) = (claim.measured_init(), claim.quantities[0]);
    let predicted = planned(predictions, claim, Some(quantity), None)?;
    let ratios = ratios([measured, other], init, quantity);
    Ok(exponent(claim, measured, (quantity, None), predicted, &ratios))
}

/// A quantity of the first study over that of the second, for the seeds that both have, at the points
/// of the first.
pub fn ratios([own, other]: [&Measurements; 2], init: Init, quantity: Quantity) -> Values {
    let values = |measured: &Measurements| measured.values(init, None, quantity);
    paired((own.study, &values(own)), (other.study, &values(other)))
}

/// Ratios of two studies' values at the points of the first, for the seeds that both have.
fn paired((study, own): (&Study, &Values), (other, base): (&Study, &Values)) -> Values {
    let seeds = |study: &Study| study.experiment.training.seeds.clone();
    let other_seeds = seeds(other);
    let partner = |x: usize| other.at.iter().position(|&known| known == x);
    let row = |(seed, own): (u64, &Vec<Option<f64>>)| {
        let base = &base[other_seeds.iter().position(|&known| known == seed)?];
        let of = |(value, &x): (&Option<f64>, &usize)| Some((*value)? / base[partner(x)?]?);
        Some(own.iter().zip(&study.at).map(of).collect())
    };
    seeds(study).into_iter().zip(own).filter_map(row).collect()
}

/// Whether the claim's init ends with a lower loss, or another lower quantity, than the other one: at
/// both optima, or at every given rate.
///
/// # Errors
/// If the plan lacks a bound.
pub fn lower(
    claim: &Claim,
    measured: &Measurements,
    predictions: &Predictions,
) -> Result<Vec<Tested>, AnalysisError> {
    let Some(other) = claim.other_init() else { return Ok(Vec::new()) };
    let test = |rate: Option<usize>| {
        let quantity = claim.compared();
        let own = measured.values(claim.measured_init(), rate, quantity);
        let other = measured.values(other, rate, quantity);
        let log_ratio =
            |(own, other): (&Option<f64>, &Option<f64>)| Some(((*own)? / (*other)?).ln());
        let at = claim.point.and_then(|x| measured.study.at.iter().position(|&known| known == x));
        let row = |(own, other): (&Vec<_>, &Vec<_>)| -> Vec<Option<f64>> {
            let logs: Vec<_> = own.iter().zip(other).map(log_ratio).collect();
            at.map_or_else(|| logs.clone(), |at| vec![logs[at]])
        };
        let logs: Values = own.iter().zip(&other).map(row).collect();
        let rates = rate.and_then(|rate| measured.study.pair(rate));
        let predicted = planned(predictions, claim, Some(quantity), rates)?;
        Ok(comparison((claim, quantity), measured, rate, &logs, predicted))
    };
    measured.study.pair_numbers().into_iter().map(test).collect()
}

/// Whether some learning rate brings the loss under the planned share of the first.
///
/// # Errors
/// If the plan lacks that share.
pub fn trains(
    claim: &Claim,
    measured: &Measurements,
    predictions: &Predictions,
) -> Result<Tested, AnalysisError> {
    let gains = measured.log_gains(claim.measured_init());
    let predicted = planned(predictions, claim, Some(Quantity::Loss), None)?;
    Ok(comparison((claim, Quantity::Loss), measured, None, &gains, predicted))
}

/// Whether the runs of a study are nearer to one limit than to another, by the ratio of their distances D,
/// seed by seed. The seeds share everything but what tells the limits apart.
///
/// # Errors
/// If one of the limits was not measured, or the plan lacks a bound.
pub fn nearer(
    claim: &Claim,
    measured: &Measurements,
    all: &All,
    predictions: &Predictions,
) -> Result<Vec<Tested>, AnalysisError> {
    let find = |id: &Option<String>| {
        let id = id.as_deref().unwrap_or_default();
        all.get(id).ok_or_else(|| missing(id))
    };
    let (near, far) = (find(&claim.against)?, find(&claim.than)?);
    let test = |rate: Option<usize>| {
        let (init, number) = (claim.measured_init(), rate.unwrap_or_default());
        let [near, far] = [near, far].map(|limit| distances_at([measured, limit], init, number));
        let log = |(near, far): (&Option<f64>, &Option<f64>)| Some(((*near)? / (*far)?).ln());
        let row = |(seed, near): (&u64, &Vec<_>)| {
            Some(near.iter().zip(far.get(seed)?).map(log).collect::<Vec<_>>())
        };
        let logs: Values = near.iter().filter_map(row).collect();
        let rates = rate.and_then(|rate| measured.study.pair(rate));
        let quantity = claim.quantities[0];
        let predicted = planned(predictions, claim, Some(quantity), rates)?;
        Ok(comparison((claim, quantity), measured, rate, &logs, predicted))
    };
    measured.study.pair_numbers().into_iter().map(test).collect()
}

/// Whether the logarithm of a ratio, averaged over the widest points, lies below that of its bound.
fn comparison(
    (claim, quantity): (&Claim, Quantity),
    measured: &Measurements,
    rate: Option<usize>,
    logs: &Values,
    predicted: &Predicted,
) -> Tested {
    let by_seed: Option<Vec<f64>> = logs.iter().map(|row| widest_mean(row)).collect();
    let place = claim.point.map_or("the widest points".to_owned(), |point| point.to_string());
    let name = words::quantity(Some(quantity));
    let interval = by_seed.ok_or_else(|| format!("a seed has no {name} at {place}"));
    let interval = interval.and_then(|by_seed| {
        let mean = |seeds: &[usize]| {
            Some(seeds.iter().map(|&seed| by_seed[seed]).sum::<f64>() / seeds.len() as f64)
        };
        seed_interval(by_seed.len(), DEFAULT_LEVEL, mean).map_err(|error| error.to_string())
    });
    let decision = match (&interval, predicted) {
        (Err(reason), _) => Decision::unmeasured(format!("no measurement: {reason}")),
        (Ok(interval), Predicted::Below(bound)) => {
            decide_interval(interval, (None, Some(approximate(*bound).ln())))
        }
        (_, other) => unpredicted(other),
    };
    let (quantity, interval) = (Some(quantity), interval.ok());
    Tested { quantity, interval, ..Tested::new(claim, measured, rate, decision) }
}

fn widest_mean(row: &[Option<f64>]) -> Option<f64> {
    let widest = &row[row.len().saturating_sub(WIDEST)..];
    let known: Option<Vec<f64>> = widest.iter().copied().collect();
    known.map(|known| known.iter().sum::<f64>() / known.len() as f64)
}
