//! What else is known of the same change of the width, beside what a run measured of it.

use lora_analysis::minus::minus_signs;
use lora_theory::{Rational, approximate};
use lora_types::OptimizerKind;
use serde::Serialize;

use crate::transfer::asked::TransferRequest;
use crate::transfer::change::{Method, SizeChange, changes};
use crate::transfer::choices::CarriedLr;
use crate::transfer::error::TransferError;
use crate::transfer::factor::{LogFactor, LrRange};
use crate::transfer::finished_run::RunMeasured;
use crate::transfer::request::CheckedTransfer;
use crate::transfer::rule::Rule;

/// The learning rate at the other width by another law, from the same start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Beside {
    /// Whose law it is.
    pub by: String,
    /// Its exponent of n, where it is a power.
    pub exponent: Option<String>,
    /// The learning rate; none where that law does not reach so far.
    pub lr: Option<LrRange>,
    /// Its factor on the learning rate.
    pub factor: Option<LrRange>,
    /// Whether that factor lies outside the range of the answer's. The start is the same, and so is its error.
    pub outside: bool,
}

impl Beside {
    /// `by` with this exponent, from `eta`, held against the answer's factor.
    fn held(
        (by, exponent): (String, Option<String>),
        log: Option<LogFactor>,
        (eta, answer): (f64, &LrRange),
    ) -> Self {
        let factor = log.and_then(|log| log.times(1.0));
        let inside = |factor: LrRange| (answer.lower..=answer.upper).contains(&factor.value);
        let outside = factor.is_some_and(|factor| !inside(factor));
        Self { by, exponent, lr: log.and_then(|log| log.times(eta)), factor, outside }
    }

    /// That it lies outside the range of the answer's factor, if it does.
    pub fn warning(&self, answer: &LrRange) -> Option<String> {
        let (lr, factor) = self.lr.zip(self.factor).filter(|_| self.outside)?;
        Some(format!(
            "by the {} it would be {:.2e}; the factor on the LR is {:.3} there, outside the range of this \
             answer’s, {:.3} to {:.3}",
            self.by, lr.value, factor.value, answer.lower, answer.upper
        ))
    }
}

/// The laws that an answer by a run is held against: the synthetic network as `verify` measured it, where the run has
/// its optimizer and its one learning rate, and for a transformer the public rules.
pub fn beside(request: &CheckedTransfer, run: &RunMeasured, answer: &LrRange) -> Vec<Beside> {
    let Some([from, to]) = request.width else { return Vec::new() };
    let against = (request.arguments.from_lr, answer);
    let mut all = Vec::new();
    if run.optimizer == OptimizerKind::Adam && run.lr_ratio == 1.0 {
        let a = if run.of_transformer { Rational::new_raw(1, 2) } else { run.readout };
        all.extend(synthetic(request.arguments, a, against));
    }
    let is_best = request.arguments.goal == CarriedLr::Optimal;
    for rule in Rule::ALL.into_iter().filter(|_| run.of_transformer && is_best) {
        let power = LogFactor::power([approximate(rule.exponent()); 3], to.ln() - from.ln());
        let name = (format!("rule {rule}"), Some(rule.decimal().to_owned()));
        all.push(Beside::held(name, Some(power), against));
    }
    all
}

/// What is known of the same change in the synthetic network; none where nothing is.
fn synthetic(
    asked: &TransferRequest,
    readout: Rational,
    against: (f64, &LrRange),
) -> Option<Beside> {
    let request = TransferRequest {
        from_width: asked.from_width,
        from_lr: asked.from_lr,
        to_width: asked.to_width,
        init: asked.init,
        goal: asked.goal,
        readout,
        optimizer: OptimizerKind::Adam,
        ..TransferRequest::default()
    };
    let by = |how: &str| format!("synthetic network, a = {readout}, {how}");
    match changes(&CheckedTransfer::of(&request).ok()?) {
        Ok(found) => {
            let change = found.first()?;
            let how = match change.method {
                Method::Theory => "by the theory",
                _ => "as measured",
            };
            Some(Beside::held((by(how), exponent(change)), Some(change.log), against))
        }
        Err(TransferError::Bends { .. }) => {
            Some(Beside::held((by("as measured"), None), None, against))
        }
        Err(_) => None,
    }
}

/// The exponent of a change, as shown.
fn exponent(change: &SizeChange) -> Option<String> {
    let fitted = change.measured.as_ref().filter(|found| found.is_power());
    let theory = change.theory_exact.clone().filter(|_| change.method == Method::Theory);
    fitted.map(|found| format!("{:.3}", found.estimate)).or(theory).map(|text| minus_signs(&text))
}
