//! Whether a quantity falls faster with the width in one study than in another, over the widths
//! that they cover: a statement on finite widths, which the calculus has no say in.

use lora_stats::{Decision, ExponentFit, Interval, decide_interval};
use lora_theory::approximate;

use crate::AnalysisError;
use crate::verdict::compare::ratios;
use crate::verdict::tested::{All, Tested, fit, missing, planned, too_little, unpredicted};
use crate::verdict::values::Measurements;
use lora_experiment::prediction::Predicted;
use lora_experiment::study::claim::Claim;
use lora_experiment::study::predictions::Predictions;

/// **Holds** if the interval of the exponent of the ratio lies below the planned bound, 0, seeds paired;
/// **refuted** if it lies above.
///
/// # Errors
/// If the other study was not measured, or the plan lacks the bound.
pub fn steeper(
    claim: &Claim,
    measured: &Measurements,
    all: &All,
    predictions: &Predictions,
) -> Result<Tested, AnalysisError> {
    let other = claim.against.as_deref().unwrap_or_default();
    let other = all.get(other).ok_or_else(|| missing(other))?;
    let quantity = claim.quantities[0];
    let ratios = ratios([measured, other], claim.measured_init(), quantity);
    let fit = fit(&measured.study.xs(), &ratios);
    let predicted = planned(predictions, claim, Some(quantity), None)?;
    let decision = match (&fit, predicted) {
        (Err(reason), _) => Decision::unmeasured(format!("no measurement: {reason}")),
        (Ok(fit), Predicted::Below(bound)) => {
            let bound = approximate(*bound);
            let decide = || decide_interval(&slope(&fit.chosen), (None, Some(bound)));
            too_little(measured, quantity, fit).unwrap_or_else(decide)
        }
        (_, other) => unpredicted(other),
    };
    let quantity = Some(quantity);
    Ok(Tested { quantity, fit: fit.ok(), ..Tested::new(claim, measured, None, decision) })
}

/// The exponent of a fit, as an interval.
fn slope(fit: &ExponentFit) -> Interval {
    Interval {
        estimate: fit.exponent,
        lower: fit.lower,
        upper: fit.upper,
        standard_error: fit.standard_error,
        undefined_share: 0.0,
        level: fit.level,
        seeds: fit.seeds_used,
    }
}
