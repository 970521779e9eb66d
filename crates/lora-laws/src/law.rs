//! The exponents of several runs, beside what the calculus predicts.

use lora_analysis::summary::ExponentSummary;
use lora_stats::Agreement;
use lora_types::{Init, Verdict};

use crate::arm::Arm;
use crate::error::LawsError;
use crate::fitted::fitted;
use crate::predicted::{given, movement, predicted};
use crate::quantity::LawQuantity;
use crate::readout::{Readout, readout};
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
        let measured: Vec<(Init, OfInit)> =
            run.inits().iter().map(|&init| (init, OfInit::measured(run, init))).collect();
        for (init, of) in &measured {
            of_init(run, (*init, of), &mut all)?;
        }
        let of = |init: Init| measured.iter().find(|(one, _)| *one == init).map(|(_, of)| of);
        if let Some(both) = of(Init::A).zip(of(Init::B)) {
            ratios(run, both, &mut all)?;
        }
    }
    Ok(all)
}

/// What a run measured under an init.
struct OfInit {
    readout: Option<Readout>,
    /// A table for each quantity but the readout, with its fit.
    tables: Vec<(LawQuantity, Table, ExponentSummary)>,
}

impl OfInit {
    fn measured(run: &MeasuredRun, init: Init) -> Self {
        let quantities = LawQuantity::ALL.into_iter().skip(1);
        let with_fit = |(quantity, table)| {
            let fit = fitted(run, &table);
            (quantity, table, fit)
        };
        let tables = quantities.zip(run.tables(init)).map(with_fit).collect();
        Self { readout: readout(run, init), tables }
    }

    /// a, where it is measured with an interval.
    fn a(&self) -> Option<Span> {
        self.readout.as_ref().and_then(|readout| span(&readout.whole))
    }
}

fn of_init(
    run: &MeasuredRun,
    (init, of): (Init, &OfInit),
    all: &mut Vec<Law>,
) -> Result<(), LawsError> {
    let a = given(&run.experiment).or(of.a());
    let law =
        |quantity, fit: &ExponentSummary| law(run, (Arm::One(init), quantity), fit.clone(), a);
    if let Some(readout) = &of.readout {
        all.push(law(LawQuantity::Readout, &readout.whole)?);
    }
    for (quantity, _, fit) in &of.tables {
        all.push(law(*quantity, fit)?);
    }
    for (module, fit) in of.readout.iter().flat_map(|readout| &readout.modules) {
        all.push(Law { module: Some(module.clone()), ..law(LawQuantity::Readout, fit)? });
    }
    Ok(())
}

/// Ratios of Init\[A\] to Init\[B\] by seed. Of a transformer both inits measure the same a; what they span counts.
fn ratios(
    run: &MeasuredRun,
    (a, b): (&OfInit, &OfInit),
    all: &mut Vec<Law>,
) -> Result<(), LawsError> {
    let both = a.a().zip(b.a()).map(|(one, other)| one.spanned(other));
    let readout = given(&run.experiment).or(both);
    for ((quantity, one, of_one), (_, other, of_other)) in a.tables.iter().zip(&b.tables) {
        let mut fit = fitted(run, &over(one, other));
        // A ratio of what is no power law has no exponent either, though its points may lie on a line.
        let bent = [of_one, of_other].into_iter().find_map(|fit| fit.not_a_power_law.clone());
        fit.not_a_power_law = fit.not_a_power_law.or(bent);
        all.push(law(run, (Arm::Ratio, *quantity), fit, readout)?);
    }
    Ok(())
}

fn over(one: &Table, other: &Table) -> Table {
    let ratio = |(x, y): (&Option<f64>, &Option<f64>)| Some((*x)? / (*y)?);
    let of_seed = |(x, y): (&Vec<_>, &Vec<_>)| x.iter().zip(y).map(ratio).collect();
    one.iter().zip(other).map(of_seed).collect()
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
