//! Comparisons: of one exponent in two studies, and of losses.

use lora_stats::{DEFAULT_LEVEL, Decision, decide_interval, seed_interval};

use super::claim::{Claim, Quantity};
use super::judge::{All, Tested, exponent, missing};
use super::predicted;
use super::values::{Measurements, Values};
use crate::error::CommandError;

/// How many of the widest points a comparison of losses takes.
const WIDEST: usize = 3;

/// Share of the first loss under which a network counts as trained.
const TRAINED: f64 = 0.1;

/// The exponent of the ratio of one quantity in two studies, seeds paired.
pub fn same(claim: &Claim, measured: &Measurements, all: &All) -> Result<Tested, CommandError> {
    let other = claim.against.as_deref().unwrap_or_default();
    let other = all.get(other).ok_or_else(|| missing(other))?;
    let (init, quantity) = (claim.measured_init(), claim.quantities[0]);
    let predict = |m: &Measurements| {
        predicted::exponent(claim, m.study, quantity, None).map_err(CommandError::failed)
    };
    let predicted = predict(measured)?
        .zip(predict(other)?)
        .map(|(own, other)| own - other + claim.shift.unwrap_or_default());
    let ratios = ratios([measured, other], init, quantity);
    Ok(exponent(claim, measured, (quantity, None), predicted, &ratios))
}

/// A quantity of the first study over that of the second, seed by seed, at the points of the first.
pub fn ratios(
    [measured, other]: [&Measurements; 2],
    init: lora_sim::spec::Init,
    quantity: Quantity,
) -> Values {
    let (own, base) = (measured.values(init, None, quantity), other.values(init, None, quantity));
    let (at, other_at) = (&measured.study.at, &other.study.at);
    let partner = |x: usize| other_at.iter().position(|&known| known == x);
    let ratio = |own: &[Option<f64>], base: &[Option<f64>]| {
        let of = |(value, &x): (&Option<f64>, &usize)| Some((*value)? / base[partner(x)?]?);
        own.iter().zip(at).map(of).collect::<Vec<_>>()
    };
    own.iter().zip(&base).map(|(own, base)| ratio(own, base)).collect()
}

/// Whether the claim's init ends below the other one: at both optima, or at every given rate.
pub fn lower(claim: &Claim, measured: &Measurements) -> Vec<Tested> {
    let Some(other) = claim.other_init() else { return Vec::new() };
    let test = |rate: Option<usize>| {
        let own = measured.values(claim.measured_init(), rate, Quantity::Loss);
        let other = measured.values(other, rate, Quantity::Loss);
        let log_ratio =
            |(own, other): (&Option<f64>, &Option<f64>)| Some(((*own)? / (*other)?).ln());
        let row = |(own, other): (&Vec<_>, &Vec<_>)| own.iter().zip(other).map(log_ratio).collect();
        let logs: Values = own.iter().zip(&other).map(row).collect();
        comparison(claim, measured, rate, &logs, 0.0)
    };
    measured.study.pair_numbers().into_iter().map(test).collect()
}

/// Whether some learning rate brings the loss under a tenth.
pub fn trains(claim: &Claim, measured: &Measurements) -> Tested {
    let gains = measured.log_gains(claim.measured_init());
    comparison(claim, measured, None, &gains, TRAINED.ln())
}

/// Whether a logarithm, averaged over the widest points, lies below `below`.
fn comparison(
    claim: &Claim,
    measured: &Measurements,
    rate: Option<usize>,
    logs: &Values,
    below: f64,
) -> Tested {
    let by_seed: Option<Vec<f64>> = logs.iter().map(|row| widest_mean(row)).collect();
    let interval = by_seed.ok_or("a seed has no loss at the widest points".to_owned());
    let interval = interval.and_then(|by_seed| {
        let mean = |seeds: &[usize]| {
            Some(seeds.iter().map(|&seed| by_seed[seed]).sum::<f64>() / seeds.len() as f64)
        };
        seed_interval(by_seed.len(), DEFAULT_LEVEL, mean).map_err(|error| error.to_string())
    });
    let decision = match &interval {
        Ok(interval) => decide_interval(interval, (None, Some(below))),
        Err(reason) => Decision::unmeasured(format!("no measurement: {reason}")),
    };
    let (quantity, interval) = (Some(Quantity::Loss), interval.ok());
    Tested { quantity, interval, ..Tested::new(claim, measured, rate, decision) }
}

fn widest_mean(row: &[Option<f64>]) -> Option<f64> {
    let widest = &row[row.len().saturating_sub(WIDEST)..];
    let known: Option<Vec<f64>> = widest.iter().copied().collect();
    known.map(|known| known.iter().sum::<f64>() / known.len() as f64)
}
