//! The theory's phases over γ with the measured exponents on them.

use lora_figures::{CriticalRow, MeasuredRow, PhaseRow, PhasesFigure};
use lora_sim::spec::Init;
use lora_theory::{Largest, Mark, PhaseLine, Rational, Setting, analyse, approximate};

use crate::draw::{Sources, exponents, marked, typographic};
use crate::summary::ExponentSummary;
use lora_experiment::prediction::setting;

pub fn figure(sources: &Sources) -> PhasesFigure {
    let mut figure = PhasesFigure::default();
    let range = range(sources);
    for &init in &sources.experiment.training.inits {
        let network = setting(sources.experiment, init);
        let Setting { optimizer, train, .. } = network;
        let layer = Setting { optimizer, train, ..Setting::layer(network.init) };
        bar(&mut figure, init, "LoRA layer alone", &layer, range);
        bar(&mut figure, init, &network_bar(sources), &network, range);
        measured(&mut figure, sources, init);
    }
    let caption =
        "Exponent γ of η = Θ(n^{γ}). Regimes and exact critical exponents are the theory's; \
                   markers are the fitted exponents of this run with 95% intervals over seeds."
            .to_owned();
    figure.text = sources.text("What a learning rate of order n^{γ} does as n grows", caption);
    figure
}

fn network_bar(sources: &Sources) -> String {
    // The bars are of the bare layer, whatever was trained.
    let network = if sources.experiment.is_bare() { "whole network" } else { "bare layer" };
    format!("{network}, a = {}", sources.experiment.model.readout_exponent)
}

/// To where all measured intervals reach.
fn range(sources: &Sources) -> (Rational, Rational) {
    let fits = sources.summary.inits.values().flat_map(|init| [&init.eta_opt, &init.eta_stable]);
    reach(fits)
}

/// From −3/2 to 0, and further in quarters where one of these intervals reaches out of it.
pub fn reach<'f>(fits: impl Iterator<Item = &'f ExponentSummary>) -> (Rational, Rational) {
    let ends = fits.flat_map(|fit| [fit.exponent, fit.lower, fit.upper]).flatten();
    let (mut from, mut to) = (-6i64, 0i64);
    for end in ends.map(|end| end.clamp(-10.0, 10.0)) {
        from = from.min((4.0 * end).floor() as i64);
        to = to.max((4.0 * end).ceil() as i64);
    }
    (Rational::new(from, 4), Rational::new(to, 4))
}

/// One bar with its critical exponents, if the theory has an answer for the setting.
pub fn bar(
    figure: &mut PhasesFigure,
    init: Init,
    name: &str,
    setting: &Setting,
    (from, to): (Rational, Rational),
) {
    let Ok(analysis) = analyse(setting) else { return };
    let Ok(line) = analysis.phases(from, to) else { return };
    figure.phases.extend(line.phases.iter().map(|phase| PhaseRow {
        bar: name.to_owned(),
        init,
        from: approximate(phase.from),
        to: approximate(phase.to),
        regime: phase.regime,
        words: marked(&phase.describe()),
    }));
    let optimal = match analysis.critical.optimal {
        Largest::At(gamma) => Some(gamma),
        _ => None,
    };
    figure.critical.extend(critical(init, name, &line, optimal));
}

fn critical(
    init: Init,
    bar: &str,
    line: &PhaseLine,
    optimal: Option<Rational>,
) -> Vec<CriticalRow> {
    let row = |point: &lora_theory::CriticalPoint| {
        let gamma = point.snapshot.gamma;
        let names = names(&point.marks, Some(gamma) == optimal);
        (!names.is_empty()).then(|| CriticalRow {
            bar: bar.to_owned(),
            init,
            gamma: approximate(gamma),
            text: typographic(&gamma.to_string()),
            name: names.join(", "),
            regime: point.snapshot.regime,
        })
    };
    line.points.iter().filter_map(row).collect()
}

/// What happens at a critical exponent, most telling first.
fn names(marks: &[Mark], optimal: bool) -> Vec<&'static str> {
    let mut names = Vec::new();
    if optimal {
        names.push("η_{opt}");
    }
    if marks.contains(&Mark::LargestStable) {
        names.push("η_{stable}");
    }
    if marks.contains(&Mark::Efficient) {
        names.push("efficient");
    }
    if marks.contains(&Mark::LargestInternallyStable) {
        names.push("internally stable up to here");
    }
    names
}

fn measured(figure: &mut PhasesFigure, sources: &Sources, init: Init) {
    let Some(results) = sources.summary.inits.get(&init) else { return };
    for (quantity, fit) in exponents(results) {
        let Some(gamma) = fit.exponent else { continue };
        figure.measured.push(MeasuredRow {
            bar: network_bar(sources),
            init,
            quantity,
            gamma,
            lower: fit.lower,
            upper: fit.upper,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a fine grid of γ the bar and its marks say what the theory says there, in its words.
    #[test]
    fn a_bar_says_what_the_theory_says_at_every_learning_rate() {
        let rational = |p: i64, q: i64| Rational::new(p, q);
        let range = (rational(-2, 1), rational(0, 1));
        for init in [Init::A, Init::B, Init::AB] {
            let readouts = [(0, 1), (1, 4), (1, 3), (1, 2), (3, 4), (1, 1)];
            let networks = readouts.map(|(p, q)| Setting::network(init, rational(p, q)));
            for setting in networks.into_iter().chain([Setting::layer(init)]) {
                let mut figure = PhasesFigure::default();
                bar(&mut figure, init, "bar", &setting, range);
                let analysis = analyse(&setting).expect("a good setting");
                for gamma in (-48..=0).map(|k| rational(k, 24)) {
                    let at = approximate(gamma);
                    let there = analysis.at(gamma).expect("a good γ").regime;
                    let inside = figure.phases.iter().find(|p| p.from < at && at < p.to);
                    let point = figure.critical.iter().find(|c| c.gamma == at);
                    if let Some(point) = point {
                        assert_eq!(point.regime, there, "{init:?}, γ = {gamma}");
                    } else if let Some(phase) = inside {
                        assert_eq!(phase.regime, there, "{init:?}, γ = {gamma}");
                        assert!(phase.words.starts_with(&there.to_string()), "{}", phase.words);
                    }
                }
            }
        }
    }

    /// Features learn with internal instability at Theorem 1's learning rate: the figure says both.
    #[test]
    fn the_figure_calls_init_a_at_one_half_what_predict_calls_it() {
        let mut figure = PhasesFigure::default();
        let setting = Setting::layer(lora_theory::Init::A);
        let range = (Rational::new(-3, 2), Rational::new(0, 1));
        bar(&mut figure, Init::A, "LoRA layer alone", &setting, range);
        let there = figure.critical.iter().find(|c| c.text == "−1/2").expect("a mark at −1/2");
        assert_eq!(there.regime.to_string(), "learning, internally unstable");
        assert_eq!(there.name, "η_{opt}, η_{stable}, efficient");
    }
}
