//! What the theory predicts of a claim. Reads studies and claims, never a measurement.

use lora_theory::{
    Exponent, FeatureRegime, Rate, Rational, Setting, Snapshot, TheoryError, analyse,
    linearised_distance, rank_exponents,
};
use lora_types::{Ingredients, Init};

use crate::prediction::{self, PlannedPrediction, Predicted};
use crate::study::approach;
use crate::study::claim::{Claim, Quantity, Test};
use crate::study::definition::{Axis, Scope, Study, find};
use crate::study::pairing::{self, Difference};
use lora_types::OptimizerKind;

/// Share of the first loss under which a network counts as trained.
const TRAINED: Rational = Rational::new_raw(1, 10);

/// The theory's setting of a study, for one init.
pub fn setting(study: &Study, init: Init) -> Setting {
    let training = &study.experiment.training;
    let plain = match study.scope {
        Scope::Layer => Setting::layer(init),
        Scope::Network => Setting::network(init, study.experiment.model.readout_exponent),
    };
    // Only SGD's exponents go on changing with the steps.
    let most = match training.optimizer {
        OptimizerKind::Sgd => lora_theory::MAX_STEPS,
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

/// Every number that a claim tests with its prediction, in the order in which it is judged. A claim
/// on a study that is not among them tests nothing.
pub fn of_claim(claim: &Claim, studies: &[Study]) -> Vec<PlannedPrediction> {
    let Some(study) = find(studies, &claim.study) else { return Vec::new() };
    let first = claim.quantities.first().copied();
    let at = |rate: Option<usize>| rate.and_then(|rate| study.pair(rate));
    let below =
        |quantity, rates, bound| PlannedPrediction::new(quantity, rates, Predicted::Below(bound));
    let rates = || study.pair_numbers().into_iter();
    match claim.test {
        Test::Exponent | Test::Table => {
            let every = rates().flat_map(|rate| claim.quantities.iter().map(move |&q| (rate, q)));
            let one = |(rate, quantity)| {
                let predicted = exponent(claim, study, quantity, at(rate));
                PlannedPrediction::new(Some(quantity), at(rate), predicted)
            };
            every.map(one).collect()
        }
        Test::Map => {
            let of = |pair| {
                let predicted = regime(&setting(study, claim.init), pair).map(Predicted::Regime);
                PlannedPrediction::new(None, Some(pair), Predicted::or_nothing(predicted))
            };
            rates().filter_map(at).map(of).collect()
        }
        Test::Same => {
            let other = claim.against.as_deref().and_then(|other| find(studies, other));
            let of = |other| ratio(claim, study, other);
            other
                .map(of)
                .map(|ratio| PlannedPrediction::new(first, None, ratio))
                .into_iter()
                .collect()
        }
        Test::Collapse => {
            let of = |rate| exponent(claim, study, Quantity::Zb, at(rate));
            let one = |rate| PlannedPrediction::new(first, at(rate), of(rate));
            rates().map(one).collect()
        }
        Test::Distance => {
            let other = claim.against.as_deref().and_then(|other| find(studies, other));
            let Some(other) = other else { return Vec::new() };
            let of = |pair| {
                let predicted = Predicted::or_nothing(distance(claim, [study, other], pair));
                let predicted = predicted.shifted(claim.shift.unwrap_or_default());
                PlannedPrediction::new(first, Some(pair), predicted)
            };
            rates().filter_map(at).map(of).collect()
        }
        Test::Steeper => vec![below(first, None, Rational::from_integer(0))],
        Test::Nearer => {
            let one = Rational::from_integer(1);
            rates().map(|rate| below(first, at(rate), one)).collect()
        }
        Test::Lower => {
            let one = Rational::from_integer(1);
            rates().map(|rate| below(Some(claim.compared()), at(rate), one)).collect()
        }
        Test::Trains => vec![below(Some(Quantity::Loss), None, TRAINED)],
    }
}

/// The exponent that a claim predicts of a quantity, at a pair of rates (γ_A, γ_B) if there is one.
pub fn exponent(
    claim: &Claim,
    study: &Study,
    quantity: Quantity,
    rates: Option<(Rational, Rational)>,
) -> Predicted {
    let mut setting = setting(study, claim.init);
    if claim.ignore_multiplier {
        setting.multiplier_width = Rational::from_integer(0);
        setting.multiplier_rank = Rational::from_integer(0);
    }
    if claim.paper {
        setting.scope = Scope::Layer;
    }
    let found = match (study.axis, rates) {
        (Axis::Rank, _) => of_rank(&setting, quantity),
        (Axis::Width, Some(rates)) => at_rates(&setting, rates).map(|at| size_of(&at, quantity)),
        (Axis::Width, None) => {
            of_width(&study.experiment.ingredients(), &setting, quantity, claim.paper)
        }
    };
    Predicted::or_nothing(found).shifted(claim.shift.unwrap_or_default())
}

/// The exponent that a claim predicts of the ratio of its quantity in two studies.
fn ratio(claim: &Claim, own: &Study, other: &Study) -> Predicted {
    let unshifted = Claim { shift: None, ..claim.clone() };
    let of = |study| exponent(&unshifted, study, claim.quantities[0], None);
    match (of(own), of(other)) {
        (Predicted::Exponent(own), Predicted::Exponent(other)) => {
            Predicted::Exponent(own - other).shifted(claim.shift.unwrap_or_default())
        }
        (Predicted::Exponent(_), nothing) | (nothing, _) => nothing,
    }
}

/// The exponent of the distance between the losses of two studies.
fn distance(
    claim: &Claim,
    [study, other]: [&Study; 2],
    rates: (Rational, Rational),
) -> Result<Predicted, TheoryError> {
    let setting = setting(study, claim.init);
    let activation = study.experiment.model.activation;
    match pairing::difference(study, other, claim.init) {
        Ok(Difference::Linearisation) => {}
        Ok(Difference::Limit) => return approach::to_limit(&setting, rates, activation),
        Ok(Difference::Ratio) => return approach::of_ratio(&setting, rates),
        Err(problem) => return Ok(Predicted::nothing(problem)),
    }
    let distance = linearised_distance(&setting, &at_rates(&setting, rates)?, activation)?;
    let nothing = || Predicted::nothing("the theory gives no power of the width");
    Ok(distance.map_or_else(nothing, Predicted::of_size))
}

/// Everything at a pair of rates n^γ_A, n^γ_B.
fn at_rates(
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
///
/// # Errors
/// If the theory cannot treat the setting.
pub fn regime(
    setting: &Setting,
    rates: (Rational, Rational),
) -> Result<FeatureRegime, TheoryError> {
    Ok(FeatureRegime::from(&at_rates(setting, rates)?))
}

fn of_rank(setting: &Setting, quantity: Quantity) -> Result<Predicted, TheoryError> {
    let exponents = rank_exponents(setting)?;
    let found = match quantity {
        Quantity::EtaOpt => exponents.optimal,
        Quantity::EtaStable => exponents.stable,
        _ => None,
    };
    let nothing = || Predicted::nothing("the theory gives no power of the rank");
    Ok(found.map_or_else(nothing, Predicted::Exponent))
}

/// At the optimum; the paper takes the largest stable learning rate for it.
fn of_width(
    ingredients: &Ingredients,
    setting: &Setting,
    quantity: Quantity,
    paper: bool,
) -> Result<Predicted, TheoryError> {
    let analysis = analyse(setting)?;
    let stable = prediction::stable(ingredients, &analysis)?;
    let optimal = match paper {
        true => stable.clone(),
        false => prediction::optimal(ingredients, &analysis)?,
    };
    match (quantity, &optimal) {
        (Quantity::EtaStable, _) => Ok(stable),
        (Quantity::EtaOpt, _) => Ok(optimal),
        (_, &Predicted::Exponent(gamma)) => Ok(size_of(&analysis.at(gamma)?, quantity)),
        _ => Ok(optimal),
    }
}

/// The size of a quantity of the features at one learning rate.
pub(crate) fn size_of(snapshot: &Snapshot, quantity: Quantity) -> Predicted {
    let size: Option<Exponent> = match quantity {
        Quantity::Za => Some(snapshot.z_a),
        Quantity::Zb => Some(snapshot.z_b),
        Quantity::Delta1 => Some(snapshot.delta1),
        Quantity::Delta2 => Some(snapshot.delta2),
        Quantity::Delta3 => Some(snapshot.delta3),
        // (L⁰ − L)/L⁰ with L = e²/2 is 2 Δf/e⁰ while Δf is small beside e⁰.
        Quantity::LossDrop => snapshot.relative_output,
        Quantity::EtaOpt | Quantity::EtaStable | Quantity::Loss | Quantity::Distance => None,
    };
    let nothing = || Predicted::nothing("the theory gives no power of the width");
    size.map_or_else(nothing, Predicted::of_size)
}
