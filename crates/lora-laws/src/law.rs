//! The exponents of several runs, beside what the calculus predicts.

use lora_analysis::analysis::exponent_summary;
use lora_analysis::summary::ExponentSummary;
use lora_experiment::prediction::Predicted;
use lora_stats::Agreement;
use lora_types::{Init, Verdict};

use crate::error::LawsError;
use crate::predicted::{given, movement, predicted};
use crate::quantity::LawQuantity;
use crate::readout::{of_modules, readout};
use crate::run::MeasuredRun;
use crate::span::{Span, compared};

/// One quantity of one run under one init.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    /// What the run is called.
    pub run: String,
    /// Whether a transformer was trained.
    pub is_transformer: bool,
    /// The init.
    pub init: Init,
    /// What goes with the width.
    pub quantity: LawQuantity,
    /// The kind of module, such as `q_proj`; none for all modules together.
    pub module: Option<String>,
    /// How: its own prediction is empty.
    pub fit: ExponentSummary,
    /// a, given or measured, from which `predicted` follows.
    pub readout: Option<Span>,
    /// What the calculus says at this a.
    pub predicted: Option<Span>,
    /// What the measurement says of that.
    pub agreement: Agreement,
}

/// The laws of all runs: run by run in their order, then by init and quantity, and at last the readout exponents of each
/// kind of module. A readout exponent that is given and not measured is no law.
///
/// # Errors
/// [`LawsError::Theory`] if the calculus fails.
pub fn laws(runs: &[MeasuredRun]) -> Result<Vec<Law>, LawsError> {
    let mut all = Vec::new();
    for run in runs {
        for &init in run.inits() {
            of_run(run, init, &mut all)?;
        }
    }
    Ok(all)
}

fn of_run(run: &MeasuredRun, init: Init, all: &mut Vec<Law>) -> Result<(), LawsError> {
    let measured = readout(run, init);
    let a = given(&run.experiment).or_else(|| measured.as_ref().and_then(span));
    let law = |quantity, fit: ExponentSummary| {
        let at = |a: Span| predicted(&run.experiment, init, quantity, a);
        let predicted = match movement(&run.experiment, quantity) {
            Some(predicted) => predicted,
            None => a.map(at).transpose()?.flatten(),
        };
        let agreement = compared(span(&fit), predicted);
        let (label, is_transformer, readout) = (run.label.clone(), run.is_transformer(), a);
        let law = Law {
            run: label,
            is_transformer,
            init,
            quantity,
            module: None,
            fit,
            readout,
            predicted,
            agreement,
        };
        Ok::<Law, LawsError>(law)
    };
    if let Some(fit) = measured {
        all.push(law(LawQuantity::Readout, fit)?);
    }
    let none = Predicted::nothing("it is made beside the fit");
    let tables = run.tables(init);
    for (quantity, table) in LawQuantity::ALL.into_iter().skip(1).zip(tables) {
        all.push(law(quantity, exponent_summary(run.widths(), &table, &none))?);
    }
    for (module, fit) in of_modules(run, init) {
        all.push(Law { module: Some(module), ..law(LawQuantity::Readout, fit)? });
    }
    Ok(())
}

/// A fitted exponent with its interval; none where points show that there is no exponent.
fn span(fit: &ExponentSummary) -> Option<Span> {
    if fit.not_a_power_law.is_some() {
        return None;
    }
    let ((lower, upper), value) = (fit.lower.zip(fit.upper)?, fit.exponent?);
    Some(Span { value, lower, upper })
}

impl Law {
    /// In one word.
    pub fn verdict(&self) -> Verdict {
        match self.agreement {
            _ if self.fit.not_a_power_law.is_some() => Verdict::NotAPowerLaw,
            Agreement::Agrees => Verdict::Holds,
            Agreement::Excluded => Verdict::Refuted,
            Agreement::TooWide | Agreement::NoInterval | Agreement::NoPrediction => {
                Verdict::Undecided
            }
        }
    }
}
