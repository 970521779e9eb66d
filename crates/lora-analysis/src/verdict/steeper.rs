//! Whether a quantity falls faster with the width in one study than in another, over the widths
//! that they cover: a statement on finite widths, which the calculus has no say in.

use lora_stats::{Decision, ExponentFit, Interval, decide_interval};

use crate::verdict::compare::ratios;
use crate::verdict::judge::{All, Tested, fit, missing, too_little};
use crate::verdict::values::Measurements;
use lora_experiment::error::CommandError;
use lora_experiment::study::claim::Claim;

/// **Holds** if the interval of the exponent of the ratio lies below 0, seeds paired; **refuted** if
/// it lies above.
pub fn steeper(claim: &Claim, measured: &Measurements, all: &All) -> Result<Tested, CommandError> {
    let other = claim.against.as_deref().unwrap_or_default();
    let other = all.get(other).ok_or_else(|| missing(other))?;
    let quantity = claim.quantities[0];
    let ratios = ratios([measured, other], claim.measured_init(), quantity);
    let fit = fit(&measured.study.xs(), &ratios);
    let decision = match &fit {
        Err(reason) => Decision::unmeasured(format!("no measurement: {reason}")),
        Ok(fit) => too_little(measured, quantity, fit)
            .unwrap_or_else(|| decide_interval(&slope(&fit.chosen), (None, Some(0.0)))),
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
