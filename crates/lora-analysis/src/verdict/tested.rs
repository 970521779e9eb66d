//! One number tested against one prediction, and claims made of such tests.

use std::collections::BTreeMap;

use lora_sim::spec::Init;
use lora_stats::{
    DEFAULT_LEVEL, Decision, Interval, ScalingFit, Verdict, WidthRule, decide_exponent,
    scaling_over_seeds,
};
use lora_theory::{FeatureRegime, Rational, approximate};

use crate::AnalysisError;
use crate::verdict::values::{Measurements, Values};
use lora_experiment::prediction::Predicted;
use lora_experiment::study::claim::{Claim, Quantity};
use lora_experiment::study::predictions::Predictions;

/// All measurements, by study.
pub type All<'s> = BTreeMap<String, Measurements<'s>>;

/// One number tested against one prediction.
#[derive(Clone, Debug)]
pub struct Tested {
    /// The study.
    pub study: String,
    /// The init measured.
    pub init: Init,
    /// The quantity; none where the test is about a regime.
    pub quantity: Option<Quantity>,
    /// (γ_A, γ_B) where the study has given rates.
    pub rates: Option<(Rational, Rational)>,
    /// The predicted exponent.
    pub predicted: Option<Rational>,
    /// The exponent's fits.
    pub fit: Option<ScalingFit>,
    /// The interval of a comparison, of ln(ratio).
    pub interval: Option<Interval>,
    /// The measured regime, where one was decided on.
    pub regime: Option<FeatureRegime>,
    /// What was decided.
    pub decision: Decision,
}

impl Tested {
    /// A test of a claim on its study that compares neither exponents nor losses.
    pub fn new(
        claim: &Claim,
        measured: &Measurements,
        rate: Option<usize>,
        decision: Decision,
    ) -> Self {
        Self {
            study: measured.study.id.clone(),
            init: claim.measured_init(),
            quantity: None,
            rates: rate.and_then(|rate| measured.study.pair(rate)),
            predicted: None,
            fit: None,
            interval: None,
            regime: None,
            decision,
        }
    }
}

/// A claim with its verdict.
#[derive(Clone, Debug)]
pub struct Judged<'c> {
    /// The claim.
    pub claim: &'c Claim,
    /// The verdict on the whole.
    pub verdict: Verdict,
    /// Everything that was tested for it.
    pub tested: Vec<Tested>,
}

impl Judged<'_> {
    /// Tests with a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.tested.iter().filter(|tested| tested.decision.verdict == verdict).count()
    }

    /// The test that decided: the first one with the verdict of the whole.
    pub fn deciding(&self) -> Option<&Tested> {
        self.tested.iter().find(|tested| tested.decision.verdict == self.verdict)
    }
}

/// The verdict on a claim, of those on all that was tested for it.
pub fn of_all(tested: &[Tested]) -> Verdict {
    let any = |verdict| tested.iter().any(|tested| tested.decision.verdict == verdict);
    if any(Verdict::Refuted) {
        Verdict::Refuted
    } else if any(Verdict::NotAPowerLaw) {
        Verdict::NotAPowerLaw
    } else if any(Verdict::Undecided) || tested.is_empty() {
        Verdict::Undecided
    } else {
        Verdict::Holds
    }
}

/// A study that a claim needs was left out.
pub fn missing(study: &str) -> AnalysisError {
    AnalysisError::NotMeasured { study: study.to_owned() }
}

/// What is planned for one number of a claim.
///
/// # Errors
/// If the plan lacks it.
pub fn planned<'p>(
    predictions: &'p Predictions,
    claim: &Claim,
    quantity: Option<Quantity>,
    rates: Option<(Rational, Rational)>,
) -> Result<&'p Predicted, AnalysisError> {
    Ok(predictions.get(&claim.id, quantity, rates)?)
}

/// One exponent against its prediction.
pub fn exponent(
    claim: &Claim,
    measured: &Measurements,
    (quantity, rate): (Quantity, Option<usize>),
    predicted: &Predicted,
    values: &Values,
) -> Tested {
    let fit = fit(&measured.study.xs(), values);
    let decision = match (&fit, predicted) {
        (Err(reason), _) => Decision::unmeasured(format!("no measurement: {reason}")),
        (Ok(fit), Predicted::Exponent(gamma)) => too_little(measured, quantity, fit)
            .unwrap_or_else(|| decide_exponent(fit, approximate(*gamma), claim.tolerance)),
        (_, other) => unpredicted(other),
    };
    let (quantity, predicted) = (Some(quantity), predicted.exponent());
    Tested { quantity, predicted, fit: fit.ok(), ..Tested::new(claim, measured, rate, decision) }
}

/// Nothing can be decided of what is not predicted, or not in the way that the test needs.
pub fn unpredicted(predicted: &Predicted) -> Decision {
    Decision::unmeasured(predicted.reason().unwrap_or("the plan predicts something else here"))
}

/// An exponent by the rule that was fixed in advance.
pub fn fit(xs: &[f64], values: &Values) -> Result<ScalingFit, String> {
    scaling_over_seeds(xs, values, DEFAULT_LEVEL, &WidthRule::default())
        .map_err(|error| error.to_string())
}

/// A fit that covers too few of its study's points to be believed, or misses a learning rate where
/// it matters most: what is not bracketed at the widest points was cut off by the search.
pub fn too_little(
    measured: &Measurements,
    quantity: Quantity,
    fit: &ScalingFit,
) -> Option<Decision> {
    let (points, used) = (measured.study.at.len(), fit.chosen.widths_used.len());
    let least = WidthRule::default().min_points.min(points);
    if used < least {
        let reason = format!("only {used} of {points} points have a value at every seed");
        return Some(Decision::unmeasured(reason));
    }
    let searched = matches!(quantity, Quantity::EtaOpt | Quantity::EtaStable);
    let widest = measured.study.xs().last().copied();
    (searched && widest != fit.all.widths_used.last().copied())
        .then(|| Decision::unmeasured("not bracketed at the widest point"))
}
