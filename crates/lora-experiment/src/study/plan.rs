//! The plan: every claim with its predictions and tolerance, before anything is measured.

use lora_theory::Rational;
use serde::Serialize;

use crate::error::CommandError;
use crate::study::claim::{Claim, Test};
use crate::study::definition::{Axis, Rates, Scope, Study};
use crate::study::fault::Fault;
use crate::study::kept_plan::Entries;
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
    predictions: Vec<String>,
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
    multiplier_width: String,
    multiplier_rank: String,
    fault: Option<Fault>,
    set: &'a [String],
}

impl<'a> PlannedStudy<'a> {
    fn new(study: &'a Study) -> Self {
        let (rates, constant) = match &study.rates {
            Rates::Search(goal) => (vec![format!("{goal:?}").to_lowercase()], None),
            Rates::Powers { constant, pairs } => {
                let pair = |&rates| words::at(rates, |gamma| gamma.to_string()).trim().to_owned();
                (pairs.iter().map(pair).collect(), Some(*constant))
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
            constant,
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
pub fn plan(suite: &Suite, quick: bool) -> Result<Plan<'_>, CommandError> {
    let planned = |claim| {
        let (statement, predictions) = (statement(suite, claim)?, predictions(suite, claim)?);
        Ok(Planned { claim, statement, predictions })
    };
    Ok(Plan {
        quick,
        claims: suite.claims.iter().map(planned).collect::<Result<_, CommandError>>()?,
        studies: suite.studies.iter().map(PlannedStudy::new).collect(),
    })
}

impl Plan<'_> {
    /// As `plan.json` keeps it.
    pub fn entries(&self) -> Result<Entries, CommandError> {
        let value = serde_json::to_value(self).map_err(CommandError::failed)?;
        serde_json::from_value(value).map_err(CommandError::failed)
    }
}

/// What the claim says, with the exponent that its first quantity is predicted to have.
fn statement(suite: &Suite, claim: &Claim) -> Result<String, CommandError> {
    let gamma = match (suite.study(&claim.study), claim.quantities.first(), claim.test) {
        (_, _, Test::Same) => Some(Rational::default()),
        (Some(study), Some(&quantity), _) => {
            predicted::exponent(claim, study, quantity, study.pair_numbers()[0])
                .map_err(CommandError::failed)?
        }
        _ => None,
    };
    Ok(words::statement(claim, gamma))
}

fn predictions(suite: &Suite, claim: &Claim) -> Result<Vec<String>, CommandError> {
    let Some(study) = suite.study(&claim.study) else { return Ok(Vec::new()) };
    let each = |rate: Option<usize>| of_rate(claim, study, rate);
    let by_pair: Vec<_> = study.pair_numbers().into_iter().map(each).collect::<Result<_, _>>()?;
    Ok(by_pair.into_iter().flatten().collect())
}

fn of_rate(claim: &Claim, study: &Study, rate: Option<usize>) -> Result<Vec<String>, CommandError> {
    let pair = rate.and_then(|rate| study.pair(rate));
    let at = pair.map_or(String::new(), |rates| words::at(rates, |gamma| gamma.to_string()));
    match (claim.test, pair) {
        (Test::Lower, _) => Ok(vec![format!("loss ratio below 1{at}")]),
        (Test::Trains, _) => Ok(vec!["loss ratio below 1/10".into()]),
        (Test::Steeper, _) => Ok(vec!["exponent of the ratio below 0".into()]),
        (Test::Map, Some(pair)) => {
            let setting = predicted::setting(study, claim.init);
            let regime = predicted::regime(&setting, pair).map_err(CommandError::failed)?;
            Ok(vec![format!("{regime:?}{at}").to_lowercase()])
        }
        (Test::Map, None) => Ok(Vec::new()),
        (Test::Exponent | Test::Table | Test::Same, _) => {
            let one = |&quantity| {
                let gamma = predicted::exponent(claim, study, quantity, rate);
                let gamma = gamma.map_err(CommandError::failed)?;
                let gamma = match (claim.test, gamma) {
                    (Test::Same, Some(_)) => "as in the study compared with".to_owned(),
                    (_, Some(gamma)) => gamma.to_string(),
                    (_, None) => "no power".to_owned(),
                };
                Ok(format!("{} {gamma}{at}", words::quantity(Some(quantity))))
            };
            claim.quantities.iter().map(one).collect()
        }
    }
}

/// The plan in words.
pub fn render(plan: &Plan) -> String {
    let mut out = String::new();
    let mut topic = "";
    for Planned { claim, statement, predictions } in &plan.claims {
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
