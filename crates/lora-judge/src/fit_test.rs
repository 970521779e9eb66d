//! What a fit says: whether there is a power law at all, and whether it has the predicted exponent.

use lora_analysis::compared::spacing;
use lora_stats::{
    DEFAULT_LEVEL, Needed, ScalingFit, WidthRule, decide_exponent, scaling_over_seeds,
};
use lora_theory::{Rational, approximate};
use lora_types::Verdict;
use serde::Serialize;

/// The tolerance where nothing is predicted: half the distance of exponents that are multiples of 1/4.
const TOLERANCE: f64 = 0.125;

/// Why one seed has no verdict.
const ONE_SEED: &str =
    "there is no interval, which takes two seeds or more, and so there is no verdict";

/// Fewest widths of which some may lie off a line.
const LEAST_WIDTHS: usize = 3;

/// The test of one exponent by the rules of a verification.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FitTest {
    /// The verdict on the prediction, null for one seed; without a prediction, `not_a_power_law` where the points are shown to
    /// lie on none, else null.
    pub verdict: Option<Verdict>,
    /// Why, in a sentence.
    pub reason: String,
    /// The verdict is about [prediction − tolerance, prediction + tolerance].
    pub tolerance: f64,
    /// The exponent over the widths from which on the points are straight.
    pub exponent: Option<f64>,
    /// Lower end of its 95% interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// The smallest of these widths.
    pub smallest: Option<f64>,
    /// What would decide, if it is undecided.
    pub needed: Option<Needed>,
}

impl FitTest {
    /// Of learning rates, or any positive quantity, by seed and width.
    pub(crate) fn of(
        widths: &[usize],
        by_seed: &[Vec<Option<f64>>],
        predicted: Option<Rational>,
    ) -> Self {
        let tolerance = predicted.map_or(TOLERANCE, |gamma| 0.5 * approximate(spacing(gamma)));
        let widths: Vec<f64> = widths.iter().map(|&width| width as f64).collect();
        let fit = match scaling_over_seeds(&widths, by_seed, DEFAULT_LEVEL, &WidthRule::default()) {
            Ok(fit) => fit,
            Err(error) => return Self::nothing(tolerance, error.to_string()),
        };
        let (verdict, reason, needed) = match predicted {
            // An exponent without an interval decides nothing.
            Some(_) if fit.chosen.seeds_used < 2 => (None, ONE_SEED.to_owned(), None),
            Some(gamma) => {
                let decision = decide_exponent(&fit, approximate(gamma), tolerance);
                (Some(decision.verdict), decision.reason, decision.needed)
            }
            None => {
                let (verdict, reason) = power_law(&fit);
                (verdict, reason, None)
            }
        };
        Self {
            verdict,
            reason,
            tolerance,
            exponent: Some(fit.chosen.exponent),
            lower: fit.chosen.lower,
            upper: fit.chosen.upper,
            smallest: Some(fit.smallest),
            needed,
        }
    }

    /// No fit, and why.
    pub(crate) fn nothing(tolerance: f64, reason: String) -> Self {
        Self {
            verdict: None,
            reason,
            tolerance,
            exponent: None,
            lower: None,
            upper: None,
            smallest: None,
            needed: None,
        }
    }
}

/// Whether the points may lie on a power law.
fn power_law(fit: &ScalingFit) -> (Option<Verdict>, String) {
    if fit.chosen.seeds_used < 2 {
        let reason = "one seed does not tell a bend from noise, so a power law is not tested";
        return (None, reason.to_owned());
    }
    if fit.chosen.widths_used.len() < LEAST_WIDTHS {
        let reason = "two widths lie on every power law, so that there is none to test";
        return (None, reason.to_owned());
    }
    match fit.departure(TOLERANCE) {
        Some(departure) => {
            let reason = format!(
                "the points lie on no power law: a local slope departs from the fitted one by {:.2} \
                 (p = {:.0e})",
                departure.slope.abs(),
                departure.p_value
            );
            (Some(Verdict::NotAPowerLaw), reason)
        }
        None => (None, "nothing speaks against a power law".to_owned()),
    }
}
