//! What the theory predicts of a study. Reads studies and claims, never a measurement.

use lora_theory::{
    Analysis, Exponent, FeatureRegime, Rate, Rational, Setting, Snapshot, TheoryError, analyse,
    rank_exponents,
};

use crate::experiment::OptimizerName;
use crate::study::claim::{Claim, Quantity};
use crate::study::definition::{Axis, Scope, Study};

/// The theory's setting of a study, for one init.
pub fn setting(study: &Study, init: lora_sim::spec::Init) -> Setting {
    let training = &study.experiment.training;
    let plain = match study.scope {
        Scope::Layer => Setting::layer(init),
        Scope::Network => Setting::network(init, study.experiment.model.readout_exponent),
    };
    // Only SGD's exponents go on changing with the steps.
    let most = match training.optimizer {
        OptimizerName::Sgd => lora_theory::MAX_STEPS,
        _ => lora_theory::DEFAULT_STEPS,
    };
    Setting {
        optimizer: training.optimizer,
        train: training.train,
        multiplier_width: study.multiplier_width,
        multiplier_rank: study.multiplier_rank,
        steps: u32::try_from(training.steps).unwrap_or(most).clamp(1, most),
        ..plain
    }
}

/// The exponent that a claim predicts of a quantity, at a pair of rates if there is one; `None`
/// where the theory gives no power, as for an exact zero.
pub fn exponent(
    claim: &Claim,
    study: &Study,
    quantity: Quantity,
    rate: Option<usize>,
) -> Result<Option<Rational>, TheoryError> {
    let mut setting = setting(study, claim.init);
    if claim.ignore_multiplier {
        setting.multiplier_width = Rational::from_integer(0);
        setting.multiplier_rank = Rational::from_integer(0);
    }
    if claim.paper {
        setting.scope = lora_theory::Scope::Layer;
    }
    let pair = rate.and_then(|rate| study.pair(rate));
    let found = match (study.axis, pair) {
        (Axis::Rank, _) => of_rank(&setting, quantity)?,
        (Axis::Width, Some(rates)) => power_of(&at_rates(&setting, rates)?, quantity),
        (Axis::Width, None) => of_width(&analyse(&setting)?, quantity, claim.paper)?,
    };
    Ok(found.map(|gamma| gamma + claim.shift.unwrap_or_default()))
}

/// The exponent that a claim predicts of the ratio of its quantity in two studies.
pub fn ratio(claim: &Claim, own: &Study, other: &Study) -> Result<Option<Rational>, TheoryError> {
    let of = |study| exponent(claim, study, claim.quantities[0], None);
    let shift = claim.shift.unwrap_or_default();
    Ok(of(own)?.zip(of(other)?).map(|(own, other)| own - other + shift))
}

/// Everything at a pair of rates n^γ_A, n^γ_B.
pub fn at_rates(
    setting: &Setting,
    (gamma_a, gamma_b): (Rational, Rational),
) -> Result<Snapshot, TheoryError> {
    if gamma_a == gamma_b {
        return analyse(setting)?.at(gamma_a);
    }
    let (rate_a, rate_b) = (Rate::Fixed(gamma_a), Rate::Fixed(gamma_b));
    analyse(&Setting { rate_a, rate_b, ..setting.clone() })?.at(Rational::from_integer(0))
}

/// The theory's regime at (n^γ_A, n^γ_B).
pub fn regime(
    setting: &Setting,
    rates: (Rational, Rational),
) -> Result<FeatureRegime, TheoryError> {
    Ok(FeatureRegime::from(&at_rates(setting, rates)?))
}

fn of_rank(setting: &Setting, quantity: Quantity) -> Result<Option<Rational>, TheoryError> {
    let exponents = rank_exponents(setting)?;
    Ok(match quantity {
        Quantity::EtaOpt => exponents.optimal,
        Quantity::EtaStable => exponents.stable,
        _ => None,
    })
}

/// At the optimum; the paper takes the largest stable learning rate for it.
fn of_width(
    analysis: &Analysis,
    quantity: Quantity,
    paper: bool,
) -> Result<Option<Rational>, TheoryError> {
    let stable = analysis.critical.stable.gamma();
    let optimal = if paper { stable } else { analysis.critical.optimal.gamma() };
    match quantity {
        Quantity::EtaOpt => Ok(optimal),
        Quantity::EtaStable => Ok(stable),
        _ => {
            let Some(gamma) = optimal else { return Ok(None) };
            Ok(power_of(&analysis.at(gamma)?, quantity))
        }
    }
}

fn power_of(snapshot: &Snapshot, quantity: Quantity) -> Option<Rational> {
    let exponent: Option<Exponent> = match quantity {
        Quantity::Za => Some(snapshot.z_a),
        Quantity::Zb => Some(snapshot.z_b),
        Quantity::Delta1 => Some(snapshot.delta1),
        Quantity::Delta2 => Some(snapshot.delta2),
        Quantity::Delta3 => Some(snapshot.delta3),
        // (L⁰ − L)/L⁰ with L = e²/2 is 2 Δf/e⁰ while Δf is small beside e⁰.
        Quantity::LossDrop => snapshot.relative_output,
        Quantity::EtaOpt | Quantity::EtaStable | Quantity::Loss => None,
    };
    exponent.and_then(Exponent::power)
}
