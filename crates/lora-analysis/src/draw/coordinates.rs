//! Features against width, a line for each recorded step: the coordinate check.

use lora_experiment::experiment::Experiment;
use lora_figures::{TraceAxis, TraceNote, TracePoint, TraceRow, TracesFigure};
use lora_sim::spec::Init;

use crate::coordinates::{Checked, FEATURES, Feature, mean};
use crate::draw::{Sources, typographic};
use crate::summary::{CoordinateSummary, FLAT_WITHIN, FeatureSummary};
use lora_types::Verdict;

/// The figure's title.
pub const TITLE: &str = "Coordinate check: features against width, step by step";

pub fn figure(sources: &Sources, check: &CoordinateSummary) -> TracesFigure {
    let checked = Checked::of(sources.results, check.lr_index);
    let points: Vec<TracePoint> = FEATURES
        .iter()
        .flat_map(|feature| {
            let inits = sources.experiment.training.inits.iter();
            inits.flat_map(|&init| points(sources.experiment, &checked, init, feature))
        })
        .collect();
    let drawn = |feature: &&Feature| points.iter().any(|point| point.row == feature.name);
    TracesFigure {
        text: sources.text(TITLE, caption(sources, check)),
        over: TraceAxis::Width,
        rows: FEATURES.iter().filter(drawn).map(row).collect(),
        notes: notes(check),
        points,
    }
}

fn row(feature: &Feature) -> TraceRow {
    TraceRow { key: feature.name.to_owned(), name: format!("rms of {}", feature.symbol) }
}

/// Geometric means over seeds, where every seed has a positive value.
fn points(
    experiment: &Experiment,
    checked: &Checked,
    init: Init,
    feature: &Feature,
) -> Vec<TracePoint> {
    let mut points = Vec::new();
    for step in checked.recorded() {
        let by_seed = checked.values(experiment, (init, step), feature);
        for (place, &width) in experiment.model.widths.iter().enumerate() {
            let Some(value) = mean(by_seed.iter().map(|of_seed| of_seed[place])) else { continue };
            let (row, width, step) = (feature.name.to_owned(), width.into(), step as u64);
            points.push(TracePoint { row, init, width, step, value });
        }
    }
    points
}

/// Above each panel, the slope after the last step.
fn notes(check: &CoordinateSummary) -> Vec<TraceNote> {
    let last = check.features.iter().map(|of| of.step).max();
    let of_last = check.features.iter().filter(|of| Some(of.step) == last);
    of_last.map(|of| TraceNote { row: of.feature.clone(), init: of.init, text: note(of) }).collect()
}

fn note(of: &FeatureSummary) -> String {
    let Some(slope) = of.exponent else { return format!("no slope: {}", of.why) };
    let number = |x: f64| typographic(&format!("{x:.2}"));
    let interval = of.lower.zip(of.upper);
    let interval = interval
        .map_or(String::new(), |(lower, upper)| format!(" [{}, {}]", number(lower), number(upper)));
    let theory = of.predicted_exact.as_deref();
    let theory = theory.map_or(String::new(), |exact| format!(", theory {}", typographic(exact)));
    format!("slope {}{interval}{theory}: {}", number(slope), flat(of))
}

/// A verdict on flatness in words, with its tolerance where that is not the usual one.
pub fn flat(of: &FeatureSummary) -> String {
    let verdict = match of.flat {
        Verdict::Holds => "flat",
        Verdict::Refuted => "not flat",
        Verdict::NotAPowerLaw => "bends",
        Verdict::Undecided => "undecided",
    };
    match of.flat_within {
        FLAT_WITHIN => verdict.to_owned(),
        within => format!("{verdict} (within {within:.3})"),
    }
}

/// What flat means in a check, and where the tolerance comes from.
pub fn flatness(check: &CoordinateSummary) -> String {
    let features = &check.features;
    let reason = if features.iter().all(|of| of.predicted_exact.is_none()) {
        ", which is our choice"
    } else if features.iter().any(|of| of.flat_within != FLAT_WITHIN) {
        ", or within half of the theory’s exponent where that is less"
    } else {
        ", half the distance to the nearest other multiple of 1/4"
    };
    format!("Flat: its interval lies within 1/8 of 0{reason}.")
}

fn caption(sources: &Sources, check: &CoordinateSummary) -> String {
    let over = if sources.of_transformer() {
        "held-out tokens and adapted modules"
    } else {
        "the training points"
    };
    format!(
        "Root mean squares over {over} at {}. Geometric means over seeds. δ1 = s B ΔZ_{{A}}, δ2 = s ΔB Z_{{A}} \
         and δ3 = s ΔB ΔZ_{{A}} are the parts of the last update’s change of Z_{{B}}. Above each panel: the \
         slope after the last step. {}",
        rates(sources.experiment, check),
        flatness(check),
    )
}

/// At which learning rates the runs of a check were trained.
pub fn rates(experiment: &Experiment, check: &CoordinateSummary) -> String {
    format!(
        "η = c (n/{})^{{γ}} with c = {:.2e} and γ = {}",
        check.smallest_width,
        check.lr,
        gammas(experiment)
    )
}

/// γ of `search.lr_exponent`, once for all inits or one for each.
pub fn gammas(experiment: &Experiment) -> String {
    let inits = &experiment.training.inits;
    let gamma = |init: Init| typographic(&experiment.search.lr_exponent.of(init).to_string());
    let same = inits.iter().all(|&init| gamma(init) == gamma(inits[0]));
    let of = |&init: &Init| match same {
        true => gamma(init),
        false => format!("{} for {init}", gamma(init)),
    };
    let shown = if same { &inits[..1] } else { &inits[..] };
    let gammas: Vec<String> = shown.iter().map(of).collect();
    gammas.join(", ")
}
