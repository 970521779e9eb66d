//! The plan: every claim with its predictions and tolerance, before anything is measured.

use lora_theory::Rational;
use serde::Serialize;

use crate::error::ExperimentError;
use crate::prediction::{PlannedPrediction, Predicted};
use crate::study::claim::{Claim, Test};
use crate::study::definition::{Axis, Rates, Scope, Study};
use crate::study::fault::Fault;
use crate::study::limit::SolvedLimit;
use crate::study::plan_file::Entries;
use crate::study::predictions::Predictions;
use crate::study::suite::Suite;
use crate::study::{pairing, predicted, words};

/// What is fixed before measuring.
#[derive(Serialize)]
pub struct Plan<'a> {
    quick: bool,
    claims: Vec<Planned<'a>>,
    studies: Vec<PlannedStudy<'a>>,
}

#[derive(Serialize)]
struct Planned<'a> {
    #[serde(flatten)]
    claim: &'a Claim,
    statement: String,
    /// For readers.
    predictions: Vec<String>,
    /// For the judge, who reads them back.
    predicted: Vec<PlannedPrediction>,
}

/// What a study trains, and at which sizes.
#[derive(Serialize)]
struct PlannedStudy<'a> {
    id: &'a str,
    scope: Scope,
    axis: Axis,
    at: String,
    seeds: String,
    inits: &'a [lora_sim::spec::Init],
    rates: Vec<String>,
    constant: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    constant_b: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<SolvedLimit>,
    multiplier_width: String,
    multiplier_rank: String,
    fault: Option<Fault>,
    set: &'a [String],
}

impl<'a> PlannedStudy<'a> {
    fn new(study: &'a Study) -> Self {
        let (rates, constants) = match &study.rates {
            Rates::Search(goal) => (vec![format!("{goal:?}").to_lowercase()], None),
            Rates::Powers { constants, pairs } => {
                let pair = |&rates| words::at(rates, |gamma| gamma.to_string()).trim().to_owned();
                (pairs.iter().map(pair).collect(), Some(*constants))
            }
        };
        let training = &study.experiment.training;
        Self {
            id: &study.id,
            scope: study.scope,
            axis: study.axis,
            at: sizes(&study.at),
            seeds: pairing::numbers(&training.seeds),
            inits: &training.inits,
            rates,
            constant: constants.map(|[of_a, _]| of_a),
            // Most studies have one for both.
            constant_b: constants.and_then(|[of_a, of_b]| (of_a != of_b).then_some(of_b)),
            limit: study.limit,
            multiplier_width: study.multiplier_width.to_string(),
            multiplier_rank: study.multiplier_rank.to_string(),
            fault: study.fault,
            set: &study.set,
        }
    }
}

/// Widths or ranks: powers of two without a gap as a range.
fn sizes(at: &[usize]) -> String {
    let doubling = at.windows(2).all(|pair| pair[1] == 2 * pair[0]);
    match at {
        [first, .., last] if doubling && first.is_power_of_two() => {
            format!("2^{}..2^{}", first.ilog2(), last.ilog2())
        }
        _ => at.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Predicts everything.
pub fn plan(suite: &Suite, quick: bool) -> Plan<'_> {
    let planned = |claim| {
        let predicted = predicted::of_claim(claim, &suite.studies);
        let predictions = predicted.iter().map(|one| in_words(claim, one)).collect();
        Planned { claim, statement: statement(suite, claim), predictions, predicted }
    };
    Plan {
        quick,
        claims: suite.claims.iter().map(planned).collect(),
        studies: suite.studies.iter().map(PlannedStudy::new).collect(),
    }
}

impl Plan<'_> {
    /// As `plan.json` keeps it.
    ///
    /// # Errors
    /// If JSON cannot hold it.
    pub fn entries(&self) -> Result<Entries, ExperimentError> {
        let failed = |error| ExperimentError::no_text("the plan", error);
        let value = serde_json::to_value(self).map_err(failed)?;
        serde_json::from_value(value).map_err(failed)
    }

    /// What the judge looks up, without the way through a file.
    pub fn predictions(&self) -> Predictions {
        let of = |planned: &Planned| (planned.claim.id.clone(), planned.predicted.clone());
        self.claims.iter().map(of).collect()
    }
}

/// What the claim says, with the exponent that its first quantity is predicted to have.
fn statement(suite: &Suite, claim: &Claim) -> String {
    let gamma = match (suite.study(&claim.study), claim.quantities.first(), claim.test) {
        (_, _, Test::Same) => Some(Rational::default()),
        (_, _, Test::Distance) => {
            let planned = predicted::of_claim(claim, &suite.studies).into_iter().next();
            planned.and_then(|planned| planned.predicted.exponent())
        }
        (Some(study), Some(&quantity), _) => {
            predicted::exponent(claim, study, quantity, study.pair(0)).exponent()
        }
        _ => None,
    };
    words::statement(claim, gamma)
}

/// A prediction for a reader.
fn in_words(claim: &Claim, planned: &PlannedPrediction) -> String {
    let at = planned.rates().map_or_else(String::new, |r| words::at(r, |gamma| gamma.to_string()));
    let quantity = words::quantity(planned.quantity);
    match (&planned.predicted, claim.test) {
        (Predicted::Below(bound), Test::Steeper) => format!("exponent of the ratio below {bound}"),
        (Predicted::Below(bound), Test::Nearer) => format!("ratio of distances below {bound}{at}"),
        (Predicted::Below(bound), _) => format!("loss ratio below {bound}{at}"),
        (Predicted::Regime(regime), _) => format!("{}{at}", regime.key()).to_lowercase(),
        (Predicted::Exponent(_), Test::Same) => {
            format!("{quantity} as in the study compared with")
        }
        (Predicted::Exponent(gamma), Test::Distance) => format!("distance of losses {gamma}{at}"),
        (Predicted::Exponent(gamma), Test::Collapse) => {
            let within = claim.within.unwrap_or(1.0);
            format!("{quantity}/n^({gamma}) within a factor of {within} over all widths{at}")
        }
        (Predicted::Exponent(gamma), _) => format!("{quantity} {gamma}{at}"),
        (Predicted::Nothing(_), Test::Map) => format!("no prediction{at}"),
        (Predicted::Nothing(_), _) => format!("{quantity} no prediction{at}"),
    }
}

/// The plan in words.
pub fn render(plan: &Plan) -> String {
    let mut out = String::new();
    let mut topic = "";
    for Planned { claim, statement, predictions, .. } in &plan.claims {
        if claim.topic != topic {
            topic = &claim.topic;
            out += &format!("\n{topic}\n");
        }
        let several = predictions.len() > 4;
        let predicted = if several {
            format!("{} predictions, in plan.json", predictions.len())
        } else {
            predictions.join(", ")
        };
        let wrong = claim
            .control
            .as_ref()
            .map_or(String::new(), |wrong| format!(", must be refuted: {wrong}"));
        let exponent = claim.test.is_exponent();
        let tolerance = if exponent { format!(" ± {}", claim.tolerance) } else { String::new() };
        out += &format!("  {}: {predicted}{tolerance}{wrong}\n", claim.id);
        out += &format!("      {statement} [{}; study {}]\n", claim.source, claim.study);
    }
    out.trim_start_matches('\n').to_owned()
}
