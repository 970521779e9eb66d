//! The plan: every claim with its predictions and tolerance, before anything is measured.

use lora_theory::Rational;
use serde::Serialize;

use super::claim::{Claim, Test};
use super::map;
use super::predicted;
use super::study::Study;
use super::suite::Suite;
use super::table;
use crate::error::CommandError;

/// What is fixed before measuring.
#[derive(Serialize)]
pub struct Plan<'a> {
    quick: bool,
    claims: Vec<Planned<'a>>,
}

#[derive(Serialize)]
struct Planned<'a> {
    #[serde(flatten)]
    claim: &'a Claim,
    statement: String,
    predictions: Vec<String>,
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
    })
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
    Ok(table::statement(claim, gamma))
}

fn predictions(suite: &Suite, claim: &Claim) -> Result<Vec<String>, CommandError> {
    let Some(study) = suite.study(&claim.study) else { return Ok(Vec::new()) };
    let each = |rate: Option<usize>| of_rate(claim, study, rate);
    let by_pair: Vec<_> = study.pair_numbers().into_iter().map(each).collect::<Result<_, _>>()?;
    Ok(by_pair.into_iter().flatten().collect())
}

fn of_rate(claim: &Claim, study: &Study, rate: Option<usize>) -> Result<Vec<String>, CommandError> {
    let pair = rate.and_then(|rate| study.pair(rate));
    let at = pair.map_or(String::new(), |rates| table::at(rates, |gamma| gamma.to_string()));
    match (claim.test, pair) {
        (Test::Lower, _) => Ok(vec![format!("loss ratio below 1{at}")]),
        (Test::Trains, _) => Ok(vec!["loss ratio below 1/10".into()]),
        (Test::Steeper, _) => Ok(vec!["exponent of the ratio below 0".into()]),
        (Test::Map, Some(pair)) => {
            let setting = predicted::setting(study, claim.init);
            let regime = map::predicted(&setting, pair).map_err(CommandError::failed)?;
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
                Ok(format!("{} {gamma}{at}", table::quantity(Some(quantity))))
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
