//! What else is known of the same change of the width, beside what a run measured of it.

use lora_theory::{Rational, approximate};
use lora_types::OptimizerKind;
use serde::Serialize;

use crate::transfer::asked::TransferRequest;
use crate::transfer::change::changes;
use crate::transfer::choices::CarriedLr;
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
    /// Whether it lies outside the range of the answer.
    pub outside: bool,
}

impl Beside {
    /// That it lies outside the range of the answer, if it does.
    pub fn warning(&self) -> Option<String> {
        let lr = self.lr.filter(|_| self.outside)?;
        Some(format!(
            "by the {} it would be {:.2e}, outside the range of this answer",
            self.by, lr.value
        ))
    }
}

/// The laws that an answer by a run is held against: the synthetic network as `verify` measured it, and for a
/// transformer the public rules.
pub fn beside(request: &CheckedTransfer, run: &RunMeasured, answer: &LrRange) -> Vec<Beside> {
    let Some([from, to]) = request.width else { return Vec::new() };
    let eta = request.arguments.from_lr;
    let held = |by: String, exponent: Option<String>, lr: Option<LrRange>| {
        let inside = |lr: &LrRange| (answer.lower..=answer.upper).contains(&lr.value);
        Beside { by, exponent, outside: lr.as_ref().is_some_and(|lr| !inside(lr)), lr }
    };
    let a = if run.of_transformer { Rational::new_raw(1, 2) } else { run.readout };
    let (exponent, lr) = synthetic(request.arguments, a);
    let mut all = vec![held(format!("synthetic network, a = {a}, as measured"), exponent, lr)];
    let is_best = request.arguments.goal == CarriedLr::Optimal;
    for rule in Rule::ALL.into_iter().filter(|_| run.of_transformer && is_best) {
        let power = LogFactor::power([approximate(rule.exponent()); 3], to.ln() - from.ln());
        let exponent = Some(rule.decimal().to_owned());
        all.push(held(format!("rule {rule}"), exponent, power.times(eta)));
    }
    all
}

/// What the stored measurements make of the same change.
fn synthetic(asked: &TransferRequest, readout: Rational) -> (Option<String>, Option<LrRange>) {
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
    let Ok(checked) = CheckedTransfer::of(&request) else { return (None, None) };
    match changes(&checked).as_deref() {
        Ok([change]) => {
            let fitted = change.measured.as_ref().filter(|found| !found.bends());
            let exponent = fitted.map(|found| format!("{:.3}", found.estimate).replace('-', "−"));
            (exponent, change.log.times(asked.from_lr))
        }
        _ => (None, None),
    }
}
