//! `predict`: the theory's exponents as a table or as JSON.

use crate::error::CommandError;
use lora_advice::predict::{PredictError, PredictRequest, Question, document, render};
use lora_constants::{BesideLimit, LimitRates, Solved};
use lora_theory::{Factor, Trained};

use crate::cli::PredictArgs;

/// The table, or JSON.
///
/// # Errors
/// A usage error for flags that contradict each other or an exponent out of range.
pub fn predict(arguments: &PredictArgs) -> Result<String, CommandError> {
    let usage = |error: String| CommandError::Usage(format!("predict: {error}"));
    let asked = asked(arguments).map_err(usage)?;
    let said = |error: PredictError| usage(flags(&error));
    let question = Question::of(&asked).map_err(said)?;
    let answers = question.answers().map_err(|error| said(error.into()))?;
    let rates = rates(arguments, &question)?;
    if !arguments.json {
        let text = render(&answers, &question).map_err(|error| said(error.into()))?;
        return Ok(rates.iter().flatten().map(LimitRates::render).fold(text, |all, of| all + &of));
    }
    let document = document(&answers, &question).map_err(|error| said(error.into()))?;
    let beside = |(answer, limit)| BesideLimit { answer, limit };
    let document: Vec<_> = document.into_iter().zip(rates).map(beside).collect();
    let text = serde_json::to_string_pretty(&document).map_err(CommandError::failed)?;
    Ok(text + "\n")
}

/// The learning rates themselves at the critical exponents; none at an exponent of the user's.
fn rates(
    arguments: &PredictArgs,
    question: &Question,
) -> Result<Vec<Option<LimitRates>>, CommandError> {
    if question.at.is_some() && arguments.limit.is_none() && arguments.width.is_none() {
        return Ok(vec![None; question.settings.len()]);
    }
    Solved::of_each(arguments.limit.as_deref(), &question.settings, arguments.width)
        .map_err(|error| CommandError::Usage(format!("predict: {error}")))
}

/// What the flags ask.
fn asked(arguments: &PredictArgs) -> Result<PredictRequest, String> {
    let train = Trained::try_from(arguments.train.as_slice())
        .map_err(|_| "--train names each factor once: A, B or A,B".to_owned())?;
    let std = arguments.std_a_exponent.zip(arguments.std_b_exponent);
    Ok(PredictRequest {
        init: arguments.init,
        std: std.map(|(a, b)| [a, b]),
        layer: arguments.layer,
        readout: arguments.readout,
        optimizer: arguments.optimizer,
        train,
        lr: arguments.lr_exponent,
        lr_ratio: arguments.lr_ratio_exponent,
        lr_a: arguments.lr_a_exponent,
        lr_b: arguments.lr_b_exponent,
        rank: arguments.rank_exponent,
        multiplier_rank: arguments.multiplier_rank,
        multiplier_width: arguments.multiplier_width,
        steps: arguments.steps,
    })
}

/// An error in terms of the flags.
fn flags(error: &PredictError) -> String {
    match error {
        PredictError::NothingFollowsGamma => {
            "--lr-exponent has nothing to set, every learning rate \
                                              is fixed by --lr-a-exponent and --lr-b-exponent"
                .to_owned()
        }
        PredictError::RatioOfOne { trained } => {
            format!("--lr-ratio-exponent compares η_B with η_A, but {trained} trains")
        }
        PredictError::RateOfUntrained { factor, trained } => {
            let flag = match factor {
                Factor::A => "--lr-a-exponent",
                Factor::B => "--lr-b-exponent",
            };
            format!(
                "{flag} sets a learning rate of {factor}, but {trained} trains: leave it out or train \
                 {factor}"
            )
        }
        PredictError::Theory(error) => error.to_string(),
    }
}
