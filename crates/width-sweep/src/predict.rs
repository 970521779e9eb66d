//! `predict`: the theory's exponents as a table or as JSON.

mod heading;
mod json;
mod request;
mod text;

use lora_theory::{Analysis, Powers, Rational, TheoryError, analyse};

use crate::cli::PredictArgs;
use lora_experiment::error::CommandError;
use request::Request;

/// What the theory says of one init.
struct Answer {
    analysis: Analysis,
    /// Powers of a fixed rank, where the calculus is exact for it.
    of_rank: Option<Powers>,
    /// Powers of the multiplier.
    of_multiplier: Powers,
}

/// The table, or JSON.
///
/// # Errors
/// A usage error for flags that contradict each other or an exponent out of range.
pub fn predict(arguments: &PredictArgs) -> Result<String, CommandError> {
    let usage = |error: String| CommandError::Usage(format!("predict: {error}"));
    let request = Request::of(arguments).map_err(usage)?;
    answered(&request, arguments).map_err(|error| usage(error.to_string()))
}

fn answered(request: &Request, arguments: &PredictArgs) -> Result<String, TheoryError> {
    let answers: Vec<Answer> = request.settings.iter().map(Answer::to).collect::<Result<_, _>>()?;
    match arguments.json {
        true => json::render(&answers, request),
        false => text::render(&answers, request, arguments),
    }
}

impl Answer {
    fn to(setting: &lora_theory::Setting) -> Result<Self, TheoryError> {
        let analysis = analyse(setting)?;
        let fixed_rank = setting.rank == Rational::from_integer(0);
        let exact = fixed_rank && !request::both_random(setting.init);
        Ok(Self {
            analysis,
            of_rank: exact.then(|| lora_theory::rank_exponents(setting)).transpose()?,
            of_multiplier: lora_theory::multiplier_exponents(setting)?,
        })
    }
}
