//! The theory's phases over γ with the measured exponents on them.

use lora_figures::{CriticalRow, MeasuredRow, PhaseRow, PhasesFigure, Regime};
use lora_sim::spec::Init;
use lora_theory::{Largest, Mark, Phase, PhaseLine, Rational, Setting, Size, analyse, approximate};

use super::{Sources, exponents, init_of, typographic};
use crate::prediction::setting;

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
    format!("whole network, a = {}", sources.experiment.model.readout_exponent)
}

/// From −3/2 to 0, and further in quarters where a measured interval reaches out of it.
fn range(sources: &Sources) -> (Rational, Rational) {
    let fits = sources.summary.inits.values().flat_map(|init| [&init.eta_opt, &init.eta_stable]);
    let ends = fits.flat_map(|fit| [fit.exponent, fit.lower, fit.upper]).flatten();
    let (mut from, mut to) = (-6i64, 0i64);
    for end in ends.map(|end| end.clamp(-10.0, 10.0)) {
        from = from.min((4.0 * end).floor() as i64);
        to = to.max((4.0 * end).ceil() as i64);
    }
    (Rational::new(from, 4), Rational::new(to, 4))
}

/// One bar, if the theory has an answer for the setting.
fn bar(
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
        init: init_of(init),
        from: approximate(phase.from),
        to: approximate(phase.to),
        regime: regime(phase.regime),
        words: words(phase),
    }));
    let optimal = match analysis.critical.optimal {
        Largest::At(gamma) => Some(gamma),
        _ => None,
    };
    figure.critical.extend(critical(init, name, &line, optimal));
}

fn regime(regime: lora_theory::Regime) -> Regime {
    match regime {
        lora_theory::Regime::NoLearning => Regime::NoLearning,
        lora_theory::Regime::Learning => Regime::Learning,
        lora_theory::Regime::InternallyUnstable => Regime::InternallyUnstable,
        lora_theory::Regime::Unstable => Regime::Unstable,
    }
}

/// What explodes, where something does.
fn words(phase: &Phase) -> String {
    let explodes = |size: Option<Size>| size == Some(Size::Exploding);
    match (explodes(phase.sizes.output), explodes(Some(phase.sizes.z_b))) {
        (true, true) => "output and Z_{B} explode",
        (true, false) => "output explodes",
        (false, true) => "Z_{B} explodes",
        (false, false) => "",
    }
    .to_owned()
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
            init: init_of(init),
            gamma: approximate(gamma),
            text: typographic(&gamma.to_string()),
            name: names.join(", "),
            learns: point.snapshot.learns()
                && point.snapshot.regime != lora_theory::Regime::Unstable,
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
        names.push("Z_{A} bounded up to here");
    }
    names
}

fn measured(figure: &mut PhasesFigure, sources: &Sources, init: Init) {
    let Some(results) = sources.summary.inits.get(init.key()) else { return };
    for (quantity, fit) in exponents(results) {
        let Some(gamma) = fit.exponent else { continue };
        figure.measured.push(MeasuredRow {
            bar: network_bar(sources),
            init: init_of(init),
            quantity,
            gamma,
            lower: fit.lower,
            upper: fit.upper,
        });
    }
}
