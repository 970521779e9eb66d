//! The answers as one JSON document: a list with an entry for each init.

use lora_theory::{Analysis, Exponent, InitStd, Largest, Powers, Rational, Snapshot, TheoryError};
use serde::Serialize;

use super::{InitAnswer, Question};

/// One init's exponents.
#[derive(Serialize)]
pub struct InitEntry<'a> {
    /// A, B, AB or custom.
    init: &'static str,
    /// The LR that trains best; null where every learning rate is fixed.
    eta_opt: Option<CriticalRate>,
    /// The largest LR at which Z_B stays bounded; null where every learning rate is fixed.
    eta_stable: Option<CriticalRate>,
    at_optimal: Option<Point>,
    at_stable: Option<Point>,
    at_exponent: Option<Point>,
    words: Vec<String>,
    analysis: &'a Analysis,
}

/// A critical learning rate η = Θ(n^exponent).
#[derive(Serialize)]
struct CriticalRate {
    /// Exact, as text; null unless `largest` is a power.
    exponent: Option<Exponent>,
    /// A power, or "always" or "never".
    largest: Largest,
    /// x in η ∝ r^x at a given width; null where it is no power.
    rank_exponent: Option<Exponent>,
    /// x in η ∝ s^x at a given width and rank.
    multiplier_exponent: Option<Exponent>,
}

/// Everything at one pair of learning rates.
#[derive(Serialize)]
struct Point {
    /// Exponent of η_A; "-inf" where A does not train.
    lr_a: Exponent,
    /// Exponent of η_B.
    lr_b: Exponent,
    #[serde(flatten)]
    snapshot: Snapshot,
}

/// The answers as a document for programs: a list with one entry for each.
///
/// # Errors
/// [`TheoryError`] if an exponent leaves the range of exact fractions.
pub fn document<'a>(
    answers: &'a [InitAnswer],
    question: &Question,
) -> Result<Vec<InitEntry<'a>>, TheoryError> {
    answers.iter().map(|answer| entry(answer, question)).collect()
}

fn entry<'a>(answer: &'a InitAnswer, question: &Question) -> Result<InitEntry<'a>, TheoryError> {
    let analysis = &answer.analysis;
    let at_exponent = question.at.map(|gamma| analysis.at(gamma)).transpose()?;
    let (at_optimal, at_stable) = (analysis.at_optimal()?, analysis.at_stable()?);
    let shown = [&at_exponent, &at_optimal, &at_stable].into_iter().flatten();
    let words = shown.map(|at| analysis.describe(at.gamma)).collect::<Result<_, _>>()?;
    let critical = |largest: Largest, of: fn(&Powers) -> Option<Rational>| {
        question.scans.then(|| CriticalRate {
            exponent: largest.gamma().map(Exponent::Power),
            largest,
            rank_exponent: answer.of_rank.as_ref().and_then(of).map(Exponent::Power),
            multiplier_exponent: of(&answer.of_multiplier).map(Exponent::Power),
        })
    };
    let point = |snapshot: Option<Snapshot>| snapshot.map(|s| point(analysis, s)).transpose();
    Ok(InitEntry {
        init: key(analysis.setting.init),
        eta_opt: critical(analysis.critical.optimal, |powers| powers.optimal),
        eta_stable: critical(analysis.critical.stable, |powers| powers.stable),
        at_optimal: point(at_optimal)?,
        at_stable: point(at_stable)?,
        at_exponent: point(at_exponent)?,
        words,
        analysis,
    })
}

fn point(analysis: &Analysis, snapshot: Snapshot) -> Result<Point, TheoryError> {
    let [lr_a, lr_b] = analysis.setting.rates_at(snapshot.gamma)?;
    Ok(Point { lr_a, lr_b, snapshot })
}

fn key(init: InitStd) -> &'static str {
    match init {
        InitStd::Of(init) => init.key(),
        InitStd::Custom { .. } => "custom",
    }
}
