//! The tolerance of a claim: half the distance from its prediction to the nearest exponent that it must
//! be told from.

use lora_theory::{Rational, approximate};

use crate::error::{ClaimProblem, ExperimentError};
use crate::prediction::PlannedPrediction;
use crate::study::alternatives::Nearest;
use crate::study::claim::{Claim, Test};
use crate::study::definition::Study;
use crate::study::{predicted, words};

/// A prediction of a claim and where it is.
struct Prediction {
    /// "η_opt", "Z_A at γ = -1/2".
    of: String,
    exponent: Rational,
}

/// The tolerance of a claim: the given one, unless it is too wide to tell the predictions from their
/// alternatives; without one, the largest that does. Zero where no exponents are compared.
///
/// # Errors
/// If nothing says what must be told apart, or the given tolerance is too wide for it.
pub fn tolerance(
    claim: &Claim,
    given: Option<f64>,
    studies: &[Study],
) -> Result<f64, ExperimentError> {
    if !claim.test.is_exponent() && claim.test != Test::Map {
        return Ok(0.0);
    }
    let alternatives = claim.alternatives.as_ref();
    let alternatives = alternatives.ok_or_else(|| claim.error(ClaimProblem::NoAlternatives))?;
    let mut largest: Option<f64> = None;
    for prediction in predictions(claim, studies) {
        let Some(nearest) = alternatives.nearest(prediction.exponent) else {
            let Prediction { of, exponent } = prediction;
            return Err(claim.error(ClaimProblem::NoOther { of, exponent }));
        };
        if let Some(given) = given.filter(|given| *given > approximate(nearest.half)) {
            let Prediction { of, exponent } = prediction;
            let Nearest { exponent: other, half: most } = nearest;
            let problem = ClaimProblem::ToleranceTooWide { given, of, exponent, other, most };
            return Err(claim.error(problem));
        }
        let half = approximate(nearest.half);
        largest = Some(largest.map_or(half, |largest| largest.min(half)));
    }
    Ok(given.or(largest).unwrap_or(0.0))
}

/// Every exponent that is predicted. A map compares with the exponent of what stays of order one.
fn predictions(claim: &Claim, studies: &[Study]) -> Vec<Prediction> {
    if claim.test == Test::Map {
        let of = "the exponent of what neither grows nor falls".to_owned();
        return vec![Prediction { of, exponent: Rational::default() }];
    }
    let one = |planned: PlannedPrediction| {
        let exponent = planned.predicted.exponent()?;
        let at = planned.rates().map(|rates| words::at(rates, |gamma| gamma.to_string()));
        let of = match claim.test {
            Test::Same => "the exponent of the ratio".to_owned(),
            Test::Distance => "the exponent of the distance".to_owned() + &at.unwrap_or_default(),
            _ => words::quantity(planned.quantity).to_owned() + &at.unwrap_or_default(),
        };
        Some(Prediction { of, exponent })
    };
    predicted::of_claim(claim, studies).into_iter().filter_map(one).collect()
}
