//! From values and predictions to verdicts.

use std::collections::BTreeMap;

use lora_sim::spec::Init;
use lora_stats::{
    DEFAULT_LEVEL, Decision, Interval, ScalingFit, Verdict, WidthRule, decide_exponent,
    decide_interval, scaling_over_seeds, seed_interval,
};
use lora_theory::{Rational, approximate};

use super::claim::{Claim, Quantity, Test};
use super::map;
use super::predicted;
use super::values::{Measurements, Values};
use crate::error::CommandError;

/// How many of the widest points a comparison of losses takes.
pub const WIDEST: usize = 3;

/// Share of the first loss under which a network counts as trained.
const TRAINED: f64 = 0.1;

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
    pub regime: Option<map::Regime>,
    /// What was decided.
    pub decision: Decision,
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

/// Judges a claim. One refuted test refutes it, one undecided leaves it undecided.
pub fn judge<'c>(claim: &'c Claim, all: &All) -> Result<Judged<'c>, CommandError> {
    let measured = all.get(&claim.study).ok_or_else(|| missing(&claim.study))?;
    let tested = match claim.test {
        Test::Exponent | Test::Table => exponents(claim, measured)?,
        Test::Same => vec![same(claim, measured, all)?],
        Test::Lower => lower(claim, measured),
        Test::Trains => vec![trains(claim, measured)],
        Test::Map => map::tests(claim, measured)?,
    };
    let any = |verdict| tested.iter().any(|tested| tested.decision.verdict == verdict);
    let verdict = if any(Verdict::Refuted) {
        Verdict::Refuted
    } else if any(Verdict::Undecided) || tested.is_empty() {
        Verdict::Undecided
    } else {
        Verdict::Holds
    };
    Ok(Judged { claim, verdict, tested })
}

fn missing(study: &str) -> CommandError {
    CommandError::Failed(format!("study {study} was not measured"))
}

/// Every quantity of a claim at every rate of its study.
fn exponents(claim: &Claim, measured: &Measurements) -> Result<Vec<Tested>, CommandError> {
    let mut tested = Vec::new();
    for rate in measured.study.pair_numbers() {
        for &quantity in &claim.quantities {
            let predicted = predicted::exponent(claim, measured.study, quantity, rate)
                .map_err(CommandError::failed)?;
            let values = measured.values(claim.measured_init(), rate, quantity);
            tested.push(exponent(claim, measured, (quantity, rate), predicted, &values));
        }
    }
    Ok(tested)
}

fn exponent(
    claim: &Claim,
    measured: &Measurements,
    (quantity, rate): (Quantity, Option<usize>),
    predicted: Option<Rational>,
    values: &Values,
) -> Tested {
    let fit = fit(&measured.study.xs(), values);
    let decision = match (&fit, predicted) {
        (Some(fit), Some(predicted)) => {
            decide_exponent(fit, approximate(predicted), claim.tolerance)
        }
        (None, _) => Decision::unmeasured(
            "no measurement: fewer than two points at which every seed has a value",
        ),
        (_, None) => Decision::unmeasured("the theory predicts no power here"),
    };
    Tested {
        study: measured.study.id.clone(),
        init: claim.measured_init(),
        quantity: Some(quantity),
        rates: rate.and_then(|rate| measured.study.pair(rate)),
        predicted,
        fit,
        interval: None,
        regime: None,
        decision,
    }
}

/// An exponent by the rule that was fixed in advance.
pub fn fit(xs: &[f64], values: &Values) -> Option<ScalingFit> {
    scaling_over_seeds(xs, values, DEFAULT_LEVEL, &WidthRule::default()).ok()
}

/// The exponent of the ratio of one quantity in two studies, seeds paired.
fn same(claim: &Claim, measured: &Measurements, all: &All) -> Result<Tested, CommandError> {
    let other = claim.against.as_deref().unwrap_or_default();
    let other = all.get(other).ok_or_else(|| missing(other))?;
    let (init, quantity) = (claim.measured_init(), claim.quantities[0]);
    let predict = |m: &Measurements| {
        predicted::exponent(claim, m.study, quantity, None).map_err(CommandError::failed)
    };
    let predicted = predict(measured)?.zip(predict(other)?).map(|(own, other)| own - other);
    let (own, base) = (measured.values(init, None, quantity), other.values(init, None, quantity));
    let (at, other_at) = (&measured.study.at, &other.study.at);
    let partner = |x: usize| other_at.iter().position(|&known| known == x);
    let ratio = |own: &[Option<f64>], base: &[Option<f64>]| {
        let of = |(value, &x): (&Option<f64>, &usize)| Some((*value)? / base[partner(x)?]?);
        own.iter().zip(at).map(of).collect::<Vec<_>>()
    };
    let ratios: Values = own.iter().zip(&base).map(|(own, base)| ratio(own, base)).collect();
    Ok(exponent(claim, measured, (quantity, None), predicted, &ratios))
}

/// Whether the claim's init ends below the other one: at both optima, or at every given rate.
fn lower(claim: &Claim, measured: &Measurements) -> Vec<Tested> {
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
fn trains(claim: &Claim, measured: &Measurements) -> Tested {
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
    let interval = by_seed.and_then(|by_seed| {
        let mean = |seeds: &[usize]| {
            Some(seeds.iter().map(|&seed| by_seed[seed]).sum::<f64>() / seeds.len() as f64)
        };
        seed_interval(by_seed.len(), DEFAULT_LEVEL, mean).ok()
    });
    let decision = match &interval {
        Some(interval) => decide_interval(interval, (None, Some(below))),
        None => Decision::unmeasured(
            "no measurement: some seed has no bracketed optimum at the widest points",
        ),
    };
    Tested {
        study: measured.study.id.clone(),
        init: claim.measured_init(),
        quantity: Some(Quantity::Loss),
        rates: rate.and_then(|rate| measured.study.pair(rate)),
        predicted: None,
        fit: None,
        interval,
        regime: None,
        decision,
    }
}

fn widest_mean(row: &[Option<f64>]) -> Option<f64> {
    let widest = &row[row.len().saturating_sub(WIDEST)..];
    let known: Option<Vec<f64>> = widest.iter().copied().collect();
    known.map(|known| known.iter().sum::<f64>() / known.len() as f64)
}
