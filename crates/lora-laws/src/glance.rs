//! All runs at one glance: what the calculus says of every learning rate, with what was measured of it.

use lora_analysis::draw::{phase_bar, phase_reach};
use lora_analysis::summary::ExponentSummary;
use lora_experiment::prediction::setting;
use lora_figures::{CriticalRow, FigureText, MeasuredRow, PhasesFigure, Quantity};
use lora_theory::{Rational, Setting};
use lora_types::Init;

use crate::arm::Arm;
use crate::figure::badge;
use crate::law::Law;
use crate::predicted::rounded;
use crate::quantity::LawQuantity;
use crate::run::MeasuredRun;

const TITLE: &str = "What a learning rate of order n^{γ} does, and what the runs measured";

const CAPTION: &str = concat!(
    "Exponent γ of η = Θ(n^{γ}). Regimes and critical exponents are the calculus's: for the LoRA layer alone, and for a ",
    "network at the readout exponent a of a run. Of a synthetic network a is given. Of a transformer it is measured, so ",
    "that the regimes move with it; that its modules are such layers is a hypothesis. Markers are fitted exponents with ",
    "95% intervals. A rate that follows no power law has none."
);

/// A bar for each run and init; none where a run has no readout exponent. Above them that of the layer alone, where all
/// runs are trained by one rule.
pub fn glance(runs: &[MeasuredRun], laws: &[Law]) -> PhasesFigure {
    let mut figure = PhasesFigure::default();
    let range = phase_reach(laws.iter().filter_map(rate).map(|(_, fit)| fit));
    for init in [Init::A, Init::B, Init::AB] {
        let of: Vec<&MeasuredRun> = runs.iter().filter(|run| run.inits().contains(&init)).collect();
        if let Some(layer) = of_layer(&of, init) {
            phase_bar(&mut figure, init, "LoRA layer alone", &layer, range);
        }
        of.into_iter().for_each(|run| of_run(&mut figure, (run, init), laws, range));
    }
    let text = |text: &str| text.to_owned();
    figure.text = FigureText { title: text(TITLE), caption: text(CAPTION), badge: badge(laws) };
    figure
}

/// The layer alone under the rule of all runs.
fn of_layer(runs: &[&MeasuredRun], init: Init) -> Option<Setting> {
    let rule = |run: &MeasuredRun| {
        let Setting { init, optimizer, train, .. } = setting(&run.experiment, init);
        Setting { optimizer, train, ..Setting::layer(init) }
    };
    let (first, rest) = runs.split_first()?;
    let layer = rule(first);
    rest.iter().all(|run| rule(run) == layer).then_some(layer)
}

/// A learning rate with its exponent.
fn rate(law: &Law) -> Option<(Quantity, &ExponentSummary)> {
    let quantity = match law.quantity {
        LawQuantity::EtaOpt => Quantity::EtaOpt,
        LawQuantity::EtaStable => Quantity::EtaStable,
        _ => return None,
    };
    let of_one = law.arm != Arm::Ratio && law.fit.not_a_power_law.is_none();
    of_one.then_some((quantity, &law.fit))
}

/// Where a is measured, a critical exponent that goes with it is no simple fraction.
fn in_decimals(critical: &mut CriticalRow) {
    if (4.0 * critical.gamma).fract() != 0.0 {
        critical.text = format!("{:.2}", critical.gamma).replace('-', "−");
    }
}

fn of_run(
    figure: &mut PhasesFigure,
    (run, init): (&MeasuredRun, Init),
    laws: &[Law],
    range: (Rational, Rational),
) {
    let of_run = |law: &&Law| law.run == run.label && law.arm == Arm::One(init);
    let of_run: Vec<&Law> = laws.iter().filter(of_run).filter(|law| law.module.is_none()).collect();
    let Some(readout) = of_run.iter().find_map(|law| law.readout) else { return };
    let Some(a) = rounded(readout.value) else { return };
    let told = if run.is_transformer() { format!("{:.2}", readout.value) } else { a.to_string() };
    let bar = format!("{}, a = {told}", run.label);
    phase_bar(figure, init, &bar, &Setting { readout: a, ..setting(&run.experiment, init) }, range);
    if run.is_transformer() {
        let of_bar = figure.critical.iter_mut().filter(|of| of.init == init && of.bar == bar);
        of_bar.for_each(in_decimals);
    }
    figure.measured.extend(of_run.into_iter().filter_map(rate).filter_map(|(quantity, fit)| {
        let (bar, gamma) = (bar.clone(), fit.exponent?);
        Some(MeasuredRow { bar, init, quantity, gamma, lower: fit.lower, upper: fit.upper })
    }));
}
