//! From values and predictions to verdicts.

use crate::AnalysisError;
use crate::verdict::collapse::collapses;
use crate::verdict::compare::{lower, nearer, same, trains};
use crate::verdict::distance::distances;
use crate::verdict::map;
use crate::verdict::steeper::steeper;
use crate::verdict::tested::{All, Judged, Tested, exponent, missing, of_all, planned};
use crate::verdict::values::Measurements;
use lora_experiment::study::claim::{Claim, Test};
use lora_experiment::study::predictions::Predictions;

/// Judges a claim by what was planned. One refuted test refutes it; else one that is no power law
/// makes it none; else one undecided leaves it undecided.
///
/// # Errors
/// If a study that the claim needs was not measured, or the plan lacks a prediction.
pub fn judge<'c>(
    claim: &'c Claim,
    all: &All,
    predictions: &Predictions,
) -> Result<Judged<'c>, AnalysisError> {
    let measured = all.get(&claim.study).ok_or_else(|| missing(&claim.study))?;
    let tested = match claim.test {
        Test::Exponent | Test::Table => exponents(claim, measured, predictions)?,
        Test::Same => vec![same(claim, measured, all, predictions)?],
        Test::Distance => distances(claim, measured, all, predictions)?,
        Test::Nearer => nearer(claim, measured, all, predictions)?,
        Test::Collapse => collapses(claim, measured, predictions)?,
        Test::Steeper => vec![steeper(claim, measured, all, predictions)?],
        Test::Lower => lower(claim, measured, predictions)?,
        Test::Trains => vec![trains(claim, measured, predictions)?],
        Test::Map => map::tests(claim, measured, predictions)?,
    };
    Ok(Judged { claim, verdict: of_all(&tested), tested })
}

/// Every quantity of a claim at every rate of its study.
fn exponents(
    claim: &Claim,
    measured: &Measurements,
    predictions: &Predictions,
) -> Result<Vec<Tested>, AnalysisError> {
    let mut tested = Vec::new();
    for rate in measured.study.pair_numbers() {
        let rates = rate.and_then(|rate| measured.study.pair(rate));
        for &quantity in &claim.quantities {
            let predicted = planned(predictions, claim, Some(quantity), rates)?;
            let values = measured.values(claim.measured_init(), rate, quantity);
            tested.push(exponent(claim, measured, (quantity, rate), predicted, &values));
        }
    }
    Ok(tested)
}
