//! What the theory predicts of distances between runs that have a limit.

use lora_theory::{
    Correction, NoLimit, Rational, Setting, TheoryError, correction, ratio_correction,
};
use lora_types::Activation;

use crate::prediction::Predicted;

/// The power of n with which a run approaches the limit that is coupled to it.
///
/// # Errors
/// [`TheoryError`] if the theory cannot treat the setting.
pub fn to_limit(
    setting: &Setting,
    rates: (Rational, Rational),
    activation: Activation,
) -> Result<Predicted, TheoryError> {
    let Some(gamma) = of_both(rates) else { return Ok(two_exponents()) };
    Ok(predicted(correction(setting, gamma, activation)?.map(Some)))
}

/// The power of n with which two runs of one limit, with different ratios of the learning rates, approach
/// each other.
///
/// # Errors
/// [`TheoryError`] if the theory cannot treat the setting.
pub fn of_ratio(setting: &Setting, rates: (Rational, Rational)) -> Result<Predicted, TheoryError> {
    let Some(gamma) = of_both(rates) else { return Ok(two_exponents()) };
    Ok(predicted(ratio_correction(setting, gamma)?))
}

fn of_both((gamma_a, gamma_b): (Rational, Rational)) -> Option<Rational> {
    (gamma_a == gamma_b).then_some(gamma_a)
}

fn two_exponents() -> Predicted {
    Predicted::nothing("the approach to a limit is known for one exponent of both rates")
}

fn predicted(found: Result<Option<Correction>, NoLimit>) -> Predicted {
    match found {
        Ok(Some(left_out)) => left_out.power().map_or_else(rough, Predicted::Exponent),
        Ok(None) => Predicted::nothing("the limit itself depends on what the studies differ in"),
        Err(why) => Predicted::nothing(format!("there is no limit: {why}")),
    }
}

fn rough() -> Predicted {
    Predicted::nothing(
        "A trains through a random decoder with a kink, and every step has another power",
    )
}
