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

/// The regimes that the measured exponents leave open, given the tolerance of an exponent; none if
/// something was not measured.
pub fn measured(measurements: &Measurements, claim: &Claim, rate: usize) -> BTreeSet<Regime> {
    let sizes = |quantity| {
        let values = measurements.values(claim.measured_init(), Some(rate), quantity);
        let fit = fit(&measurements.study.xs(), &values);
        fit.map_or_else(Vec::new, |fit| possible(&fit, claim.tolerance))
    };
    let z_b = sizes(Quantity::Zb);
    let deltas = [Quantity::Delta1, Quantity::Delta2, Quantity::Delta3].map(sizes);
    let mut open = BTreeSet::new();
    for &z_b in &z_b {
        for &one in &deltas[0] {
            for &two in &deltas[1] {
                open.extend(deltas[2].iter().map(|&three| regime(z_b, [one, two, three])));
            }
        }
    }
    open
}

fn possible(fit: &ScalingFit, tolerance: f64) -> Vec<Size> {
    let (Some(lower), Some(upper)) = (fit.chosen.lower, fit.chosen.upper) else {
        return Vec::new();
    };
    let mut sizes = Vec::new();
    if lower < -tolerance {
        sizes.push(Size::Vanishing);
    }
    if lower <= tolerance && upper >= -tolerance {
        sizes.push(Size::OrderOne);
    }
    if upper > tolerance {
        sizes.push(Size::Growing);
    }
    sizes
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
            regime: open.first().copied().filter(|_| open.len() == 1),
            decision: decide(expected, &open),
        });
    }
    Ok(tested)
}

fn decide(expected: Regime, open: &BTreeSet<Regime>) -> Decision {
    if open.is_empty() {
        return Decision::unmeasured("no measurement");
    }
    if !open.contains(&expected) {
        let reason = format!("predicted {expected:?}, measured {open:?}").to_lowercase();
        return Decision { verdict: Verdict::Refuted, reason, needed: None };
    }
    if open.len() > 1 {
        let reason = format!("predicted {expected:?}, measured one of {open:?}").to_lowercase();
        return Decision { verdict: Verdict::Undecided, reason, needed: None };
    }
    let reason = format!("{expected:?}, as predicted").to_lowercase();
    Decision { verdict: Verdict::Holds, reason, needed: None }
}
