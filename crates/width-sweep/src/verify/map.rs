//! The plane of two learning-rate exponents: the theory's regime and the measured one.

use std::collections::BTreeSet;

use lora_stats::{Decision, ScalingFit, Verdict};
use lora_theory::{Exponent, Rational, Setting, TheoryError};
use serde::Serialize;

use super::claim::{Claim, Quantity};
use super::judge::{Tested, fit};
use super::predicted::{at_rates, setting};
use super::values::Measurements;
use crate::error::CommandError;

/// What a step does to the features at a pair of learning rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// No part of the step is of order one.
    Lazy,
    /// Some part is of order one, but not both δ1 and δ2.
    Learning,
    /// δ1 and δ2 are both of order one.
    Efficient,
    /// Z_B grows with width.
    Unstable,
}

/// The size of a quantity as the width grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Vanishing,
    OrderOne,
    Growing,
}

fn regime(z_b: Size, [delta1, delta2, delta3]: [Size; 3]) -> Regime {
    let deltas = [delta1, delta2, delta3];
    if z_b == Size::Growing || deltas.contains(&Size::Growing) {
        Regime::Unstable
    } else if delta1 == Size::OrderOne && delta2 == Size::OrderOne {
        Regime::Efficient
    } else if deltas.contains(&Size::OrderOne) {
        Regime::Learning
    } else {
        Regime::Lazy
    }
}

/// The theory's regime at (n^γ_A, n^γ_B).
pub fn predicted(setting: &Setting, rates: (Rational, Rational)) -> Result<Regime, TheoryError> {
    let snapshot = at_rates(setting, rates)?;
    let size = |exponent: Exponent| match exponent.power() {
        None => Size::Vanishing,
        Some(power) if power < Rational::from_integer(0) => Size::Vanishing,
        Some(power) if power > Rational::from_integer(0) => Size::Growing,
        Some(_) => Size::OrderOne,
    };
    let deltas = [snapshot.delta1, snapshot.delta2, snapshot.delta3].map(size);
    Ok(regime(size(snapshot.z_b), deltas))
}

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
                open.extend(sizes[3].iter().map(|&three| regime(z_b, [one, two, three])));
            }
        }
    }
    open
}

/// Sizes that an exponent's interval allows: by the plain fit, and by either fit.
fn possible(fit: &ScalingFit, tolerance: f64) -> [Vec<Size>; 2] {
    let plain = fit.chosen.lower.zip(fit.chosen.upper);
    let corrected = fit.corrected.as_ref().and_then(|c| c.exponent.lower.zip(c.exponent.upper));
    let allows = |size: Size, interval: Option<(f64, f64)>| {
        interval.is_some_and(|(lower, upper)| match size {
            Size::Vanishing => lower < -tolerance,
            Size::OrderOne => lower <= tolerance && upper >= -tolerance,
            Size::Growing => upper > tolerance,
        })
    };
    let all = [Size::Vanishing, Size::OrderOne, Size::Growing];
    let by = |intervals: &[Option<(f64, f64)>]| {
        let any = |&size: &Size| intervals.iter().any(|&interval| allows(size, interval));
        all.into_iter().filter(any).collect()
    };
    [by(&[plain]), by(&[plain, corrected])]
}

/// One test for every pair of rates.
pub fn tests(claim: &Claim, measurements: &Measurements) -> Result<Vec<Tested>, CommandError> {
    let setting = setting(measurements.study, claim.init);
    let mut tested = Vec::new();
    for rate in 0.. {
        let Some(rates) = measurements.study.pair(rate) else { break };
        let expected = predicted(&setting, rates).map_err(CommandError::failed)?;
        let open = measured(measurements, claim, rate);
        tested.push(Tested {
            study: measurements.study.id.clone(),
            init: claim.measured_init(),
            quantity: None,
            rates: Some(rates),
            predicted: None,
            fit: None,
            interval: None,
            regime: open.plain.first().copied(),
            decision: decide(expected, &open),
        });
    }
    Ok(tested)
}

/// Holds if nothing else is left open; refuted if no fit leaves the prediction open.
fn decide(expected: Regime, open: &Open) -> Decision {
    let verdict =
        |verdict, reason: String| Decision { verdict, reason: reason.to_lowercase(), needed: None };
    let Open { plain, either } = open;
    if plain.is_empty() {
        return Decision::unmeasured("no measurement");
    }
    if !either.contains(&expected) {
        return verdict(Verdict::Refuted, format!("predicted {expected:?}, measured {plain:?}"));
    }
    if plain.len() == 1 && plain.contains(&expected) {
        return verdict(Verdict::Holds, format!("{expected:?}, as predicted"));
    }
    verdict(Verdict::Undecided, format!("predicted {expected:?}, measured one of {either:?}"))
}
