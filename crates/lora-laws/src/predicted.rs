//! What the calculus says at a readout exponent that is known, or measured with an interval.

use lora_experiment::experiment::Experiment;
use lora_experiment::prediction::setting;
use lora_theory::{
    Analysis, Rational, Setting, TheoryError, analyse, approximate, no_optimum, no_stable,
};
use lora_types::{Factor, Init, ModelKind, OptimizerKind};

use crate::arm::Arm;
use crate::error::LawsError;
use crate::quantity::LawQuantity;
use crate::span::Span;

/// Measured readout exponents are rounded to a multiple of one over this.
const STEPS: i64 = 200;

/// Readout exponents at which what the calculus predicts may have a kink.
const KINKS: [(i64, i64); 5] = [(0, 1), (1, 2), (3, 4), (1, 1), (3, 2)];

/// The exponent of a quantity where the backward signal falls like n^-a, for a in a range: the smallest and the largest
/// prediction, at the ends of the range and at the kinks between them. None where the calculus has no exponent, and
/// for [`LawQuantity::Readout`], from which it starts.
///
/// The optimiser and the trained factors are those of the experiment; its own readout exponent is not read.
///
/// # Errors
/// [`LawsError::Theory`] if the calculus fails, as by an overflow.
pub fn predicted(
    experiment: &Experiment,
    arm: Arm,
    quantity: LawQuantity,
    readout: Span,
) -> Result<Option<Span>, LawsError> {
    let [lower, value, upper] = [readout.lower, readout.value, readout.upper].map(rounded);
    let (Some(lower), Some(value), Some(upper)) = (lower, value, upper) else { return Ok(None) };
    let kinks = KINKS.map(|(over, under)| Rational::new(over, under));
    let between = kinks.into_iter().filter(|kink| (lower..=upper).contains(kink));
    let mut found = Vec::new();
    for at in [lower, upper, value].into_iter().chain(between) {
        let of = |init: Init| exponent(experiment, init, quantity, at);
        let exponent = match arm {
            Arm::One(init) => of(init)?,
            Arm::Ratio => of(Init::A)?.zip(of(Init::B)?).map(|(a, b)| a - b),
        };
        let Some(exponent) = exponent else { return Ok(None) };
        found.push(approximate(exponent));
    }
    let (least, most) = (
        found.iter().copied().fold(f64::INFINITY, f64::min),
        found.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    );
    Ok(Some(Span { value: found[2], lower: least, upper: most }))
}

/// What the calculus takes for granted of movements, whatever a: under a sign-like rule a trained factor moves by η a
/// step, n^0 in units of η. There is no such number under SGD, nor of a factor that is frozen. None for any other quantity.
pub(crate) fn movement(experiment: &Experiment, quantity: LawQuantity) -> Option<Option<Span>> {
    let factor = match quantity {
        LawQuantity::MoveA => Factor::A,
        LawQuantity::MoveB => Factor::B,
        _ => return None,
    };
    let training = &experiment.training;
    let moves = training.optimizer != OptimizerKind::Sgd && training.train.includes(factor);
    Some(moves.then_some(Span::exact(0.0)))
}

/// The readout exponent of a synthetic network, as a number.
pub(crate) fn given(experiment: &Experiment) -> Option<Span> {
    (experiment.model.kind == ModelKind::Synthetic)
        .then(|| Span::exact(approximate(experiment.model.readout_exponent)))
}

/// A readout exponent as the calculus takes it; none far beyond any.
pub(crate) fn rounded(a: f64) -> Option<Rational> {
    let steps = (a * STEPS as f64).round();
    (steps.abs() < 1e6).then(|| Rational::new(steps as i64, STEPS))
}

fn exponent(
    experiment: &Experiment,
    init: Init,
    quantity: LawQuantity,
    readout: Rational,
) -> Result<Option<Rational>, TheoryError> {
    let analysis: Analysis = analyse(&Setting { readout, ..setting(experiment, init) })?;
    let ingredients = experiment.ingredients();
    let at_optimum = || analysis.at_optimal();
    Ok(match quantity {
        LawQuantity::Readout | LawQuantity::MoveA | LawQuantity::MoveB => None,
        LawQuantity::EtaStable => {
            let known = no_stable(&ingredients, &analysis).is_none();
            analysis.critical.stable.gamma().filter(|_| known)
        }
        // The others are of the best learning rate.
        _ if no_optimum(&ingredients, &analysis)?.is_some() => None,
        LawQuantity::EtaOpt => analysis.critical.optimal.gamma(),
        LawQuantity::Za => at_optimum()?.and_then(|found| found.z_a.power()),
        LawQuantity::Zb => at_optimum()?.and_then(|found| found.z_b.power()),
    })
}
