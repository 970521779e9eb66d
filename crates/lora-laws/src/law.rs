//! The exponents of several runs, beside what the calculus predicts.

use lora_analysis::summary::ExponentSummary;
use lora_stats::Agreement;
use lora_types::{Init, Verdict};

use crate::arm::Arm;
use crate::error::LawsError;
use crate::fitted::fitted;
use crate::predicted::{given, movement, predicted};
use crate::quantity::LawQuantity;
use crate::readout::{of_modules, readout};
use crate::run::{MeasuredRun, Table};
use crate::span::{Span, compared};

/// One quantity of one run, under one init or as the ratio of two.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    /// What the run is called.
    pub run: String,
    /// Whether a transformer was trained.
    pub is_transformer: bool,
    /// Whether the run has the quick sizes.
    pub quick: bool,
    /// Under which init.
    pub arm: Arm,
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

/// The laws of all runs: run by run in their order, then by init and quantity, and the readout exponents of each kind of
/// module; at last the ratios of Init\[A\] to Init\[B\], of a run with both. A readout exponent that is given and not
/// measured is no law.
///
/// # Errors
/// [`LawsError::Theory`] if the calculus fails.
pub fn laws(runs: &[MeasuredRun]) -> Result<Vec<Law>, LawsError> {
    let mut all = Vec::new();
    for run in runs {
        for &init in run.inits() {
            of_init(run, init, &mut all)?;
        }
        if [Init::A, Init::B].iter().all(|init| run.inits().contains(init)) {
            ratios(run, &mut all)?;
        }
    }
    Ok(all)
}

fn of_init(run: &MeasuredRun, init: Init, all: &mut Vec<Law>) -> Result<(), LawsError> {
    let measured = readout(run, init);
    let a = given(&run.experiment).or_else(|| measured.as_ref().and_then(span));
    let law = |quantity, fit| law(run, (Arm::One(init), quantity), fit, a);
    if let Some(fit) = measured {
        all.push(law(LawQuantity::Readout, fit)?);
    }
    for (quantity, table) in of_tables(run.tables(init)) {
        all.push(law(quantity, fitted(run, &table))?);
    }
    for (module, fit) in of_modules(run, init) {
        all.push(Law { module: Some(module), ..law(LawQuantity::Readout, fit)? });
    }
    Ok(())
}

/// Ratios of Init\[A\] to Init\[B\] by seed. Of a transformer both inits measure the same a; what they span counts.
fn ratios(run: &MeasuredRun, all: &mut Vec<Law>) -> Result<(), LawsError> {
    let measured = [Init::A, Init::B].map(|init| readout(run, init).as_ref().and_then(span));
    let both = measured[0].zip(measured[1]).map(|(one, other)| one.spanned(other));
    let a = given(&run.experiment).or(both);
    let others = of_tables(run.tables(Init::B));
    for ((quantity, one), (_, other)) in of_tables(run.tables(Init::A)).zip(others) {
        // A ratio of what is no power law has no exponent either, though its points may lie on a line.
        let bent = |table: &Table| fitted(run, table).not_a_power_law;
        let mut fit = fitted(run, &over(&one, &other));
        fit.not_a_power_law = fit.not_a_power_law.or(bent(&one)).or(bent(&other));
        all.push(law(run, (Arm::Ratio, quantity), fit, a)?);
    }
    Ok(())
}

fn over(one: &Table, other: &Table) -> Table {
    let ratio = |(x, y): (&Option<f64>, &Option<f64>)| Some((*x)? / (*y)?);
    let of_seed = |(x, y): (&Vec<_>, &Vec<_>)| x.iter().zip(y).map(ratio).collect();
    one.iter().zip(other).map(of_seed).collect()
}

/// The quantities of a run's tables, each with its own.
fn of_tables(
    tables: impl IntoIterator<Item = Table>,
) -> impl Iterator<Item = (LawQuantity, Table)> {
    LawQuantity::ALL.into_iter().skip(1).zip(tables)
}

fn law(
    run: &MeasuredRun,
    (arm, quantity): (Arm, LawQuantity),
    fit: ExponentSummary,
    readout: Option<Span>,
) -> Result<Law, LawsError> {
    let at = |a: Span| predicted(&run.experiment, arm, quantity, a);
    let predicted = match movement(&run.experiment, quantity) {
        Some(predicted) => predicted,
        None => readout.map(at).transpose()?.flatten(),
    };
    let agreement = compared(span(&fit), predicted);
    let (quick, is_transformer) = (run.quick, run.is_transformer());
    let run = run.label.clone();
    Ok(Law {
        run,
        is_transformer,
        quick,
        arm,
        quantity,
        module: None,
        fit,
        readout,
        predicted,
        agreement,
    })
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
