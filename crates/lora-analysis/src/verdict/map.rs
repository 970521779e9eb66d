//! The plane of two learning-rate exponents: the theory's regime and the measured one.

use std::collections::BTreeSet;

use lora_stats::{Decision, ScalingFit, Verdict};
use lora_theory::{FeatureRegime as Regime, Size, feature_regime};

use crate::AnalysisError;
use crate::verdict::tested::{Tested, fit, planned, unpredicted};
use crate::verdict::values::Measurements;
use lora_experiment::prediction::Predicted;
use lora_experiment::study::claim::{Claim, Quantity};
use lora_experiment::study::predictions::Predictions;

/// The regimes that measured exponents leave open.
struct Open {
    /// By the plain fits.
    plain: BTreeSet<Regime>,
    /// By the plain fits and those with a finite-width correction together.
    either: BTreeSet<Regime>,
}

/// What the measurement leaves open, given the tolerance of an exponent; nothing if something was
/// not measured.
fn measured(measurements: &Measurements, claim: &Claim, rate: usize) -> Open {
    let sizes = |quantity| {
        let values = measurements.values(claim.measured_init(), Some(rate), quantity);
        let fit = fit(&measurements.study.xs(), &values);
        fit.map_or_else(|_| Default::default(), |fit| possible(&fit, claim.tolerance))
    };
    let all = [Quantity::Zb, Quantity::Delta1, Quantity::Delta2, Quantity::Delta3].map(sizes);
    let [plain, either] = [0, 1].map(|which| combined(&all.each_ref().map(|sizes| &sizes[which])));
    Open { plain, either }
}

/// The regimes of all combinations of sizes of Z_B, δ1, δ2 and δ3.
fn combined(sizes: &[&Vec<Size>; 4]) -> BTreeSet<Regime> {
    let mut open = BTreeSet::new();
    for &z_b in sizes[0] {
        for &one in sizes[1] {
            for &two in sizes[2] {
                open.extend(sizes[3].iter().map(|&three| feature_regime(z_b, [one, two, three])));
            }
        }
    }
    open
}

/// Sizes that an exponent's interval allows: by the plain fit, and by either fit. Where the points lie
/// on no power law, the slope to which they head counts with the plain fit.
fn possible(fit: &ScalingFit, tolerance: f64) -> [Vec<Size>; 2] {
    let plain = fit.chosen.lower.zip(fit.chosen.upper);
    let heading = fit.departure(tolerance).and_then(|_| fit.wide_end.heading());
    let heading = heading.map(|heading| (heading.lower, heading.upper));
    let corrected = fit.corrected.as_ref().and_then(|c| c.exponent.lower.zip(c.exponent.upper));
    let allows = |size: Size, interval: Option<(f64, f64)>| {
        interval.is_some_and(|(lower, upper)| match size {
            Size::Vanishing => lower < -tolerance,
            Size::OrderOne => lower <= tolerance && upper >= -tolerance,
            Size::Exploding => upper > tolerance,
        })
    };
    let all = [Size::Vanishing, Size::OrderOne, Size::Exploding];
    let by = |intervals: &[Option<(f64, f64)>]| {
        let any = |&size: &Size| intervals.iter().any(|&interval| allows(size, interval));
        all.into_iter().filter(any).collect()
    };
    [by(&[plain, heading]), by(&[plain, heading, corrected])]
}

/// One test for every pair of rates.
///
/// # Errors
/// If the plan lacks a regime.
pub fn tests(
    claim: &Claim,
    measurements: &Measurements,
    predictions: &Predictions,
) -> Result<Vec<Tested>, AnalysisError> {
    let mut tested = Vec::new();
    for rate in 0.. {
        let Some(rates) = measurements.study.pair(rate) else { break };
        let open = measured(measurements, claim, rate);
        let regime = open.plain.first().copied();
        let decision = match planned(predictions, claim, None, Some(rates))? {
            Predicted::Regime(expected) => decide(*expected, &open),
            other => unpredicted(other),
        };
        tested.push(Tested { regime, ..Tested::new(claim, measurements, Some(rate), decision) });
    }
    Ok(tested)
}

/// Holds if nothing else is left open; refuted if no fit leaves the prediction open.
fn decide(expected: Regime, open: &Open) -> Decision {
    let verdict = |verdict, reason: String| Decision::new(verdict, reason.to_lowercase());
    let Open { plain, either } = open;
    if plain.is_empty() {
        return Decision::unmeasured("no measurement");
    }
    let names = |regimes: &BTreeSet<Regime>| {
        regimes.iter().map(Regime::to_string).collect::<Vec<_>>().join(" or ")
    };
    if !either.contains(&expected) {
        let measured = names(plain);
        return verdict(Verdict::Refuted, format!("predicted {expected}, measured {measured}"));
    }
    if plain.len() == 1 && plain.contains(&expected) {
        return verdict(Verdict::Holds, format!("{expected}, as predicted"));
    }
    verdict(Verdict::Undecided, format!("predicted {expected}, measured {}", names(either)))
}
