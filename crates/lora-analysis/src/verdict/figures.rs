//! The figures of a verification: verdicts, local slopes, the map of two learning rates, and the curve on which
//! Z_B of all widths falls.

use lora_figures::{
    DriftFigure, DriftLine, DriftRow, FigureText, LoraPlusFigure, MapMark, MapPoint, RegionRow,
    Style, VerdictRow, VerdictsFigure,
};
use lora_stats::Verdict;
use lora_theory::{Rational, approximate};

use crate::AnalysisError;
use crate::draw::marked;
use crate::verdict::tested::{All, Judged, Tested, planned};
use crate::verdict::{collapse_figure, table};
use lora_experiment::prediction::Predicted;
use lora_experiment::study::claim::{Claim, Quantity, Test};
use lora_experiment::study::definition::Axis;
use lora_experiment::study::predictions::Predictions;
use lora_experiment::study::suite::Suite;
use lora_experiment::study::{predicted, words};
use lora_store::folder::Folder;

/// Of claims with more tests than this only those are shown that do not hold.
const MOST_TESTS: usize = 4;

/// Panels of the figure of local slopes, of each topic and in all.
const MOST_OF_TOPIC: usize = 3;
const MOST_PANELS: usize = 6;

/// Cells of the map's regions in a unit of γ.
const CELLS: i64 = 16;

fn words(title: &str, caption: &str, quick: bool) -> FigureText {
    FigureText {
        title: title.to_owned(),
        caption: caption.to_owned(),
        badge: quick.then(|| "quick run: small sizes, do not quote".to_owned()),
    }
}

/// Draws the exponents of all claims, if there are any, and returns the figure's name.
pub fn draw_verdicts(
    folder: &Folder,
    judged: &[Judged],
    quick: bool,
) -> Result<Option<String>, AnalysisError> {
    let (rows, name) = (verdict_rows(judged), "verdicts");
    if rows.is_empty() {
        return Ok(None);
    }
    let caption = "Bars: 95% intervals over seeds; thin bars: with a finite-width correction. Bands: \
                   tolerance around the predicted exponent. Of tables of more than 4 exponents only \
                   what does not hold is shown; comparisons of losses and regimes are not.";
    let text = words("Exponents, predicted and measured", caption, quick);
    let figure = VerdictsFigure { text, rows, ..VerdictsFigure::default() };
    lora_figures::verdicts(&figure, &folder.dir().join(name), &Style::default())?;
    Ok(Some(name.to_owned()))
}

/// Draws what there is to draw and returns the figures' names.
///
/// # Errors
/// If a figure cannot be written, or the plan lacks a regime.
pub fn draw(
    folder: &Folder,
    (suite, predictions): (&Suite, &Predictions),
    (judged, all): (&[Judged], &All),
    quick: bool,
) -> Result<Vec<String>, AnalysisError> {
    let style = Style::default();
    let stem = |name: &str| folder.dir().join(name);
    let text = |title: &str, caption: &str| words(title, caption, quick);
    let mut drawn: Vec<String> = draw_verdicts(folder, judged, quick)?.into_iter().collect();
    let (rows, lines) = drift(suite, judged);
    if !rows.is_empty() {
        let caption = "Exponent between neighbouring widths, with 95% intervals over seeds. Dashed: \
                       predicted; bands: tolerance. Where the points drift, widths are not \
                       asymptotic yet.";
        let figure = DriftFigure {
            text: text("Local exponents against width", caption),
            rows,
            lines,
            ..DriftFigure::default()
        };
        lora_figures::drift(&figure, &stem("drift"), &style)?;
        drawn.push("drift".to_owned());
    }
    if let Some(figure) = map_figure((suite, predictions), judged, &text)? {
        lora_figures::lora_plus(&figure, &stem("lora-plus"), &style)?;
        drawn.push("lora-plus".to_owned());
    }
    if let Some(figure) = collapse_figure::figure(all, judged, &text) {
        lora_figures::collapse(&figure, &stem("collapse"), &style)?;
        drawn.push("collapse".to_owned());
    }
    remove_earlier(folder, &drawn)?;
    Ok(drawn)
}

/// A figure of an earlier call that this one does not draw must not stay beside its page.
fn remove_earlier(folder: &Folder, drawn: &[String]) -> Result<(), AnalysisError> {
    let all = ["verdicts", "drift", "lora-plus", "collapse"];
    let mut stale = all.iter().filter(|name| !drawn.iter().any(|drawn| drawn == *name));
    Ok(stale.try_for_each(|name| folder.remove_figure(name))?)
}

fn verdict_rows(judged: &[Judged]) -> Vec<VerdictRow> {
    let mut rows = Vec::new();
    for judged in table::ordered(judged) {
        let several = judged.tested.len() > 1;
        let few = judged.tested.len() <= MOST_TESTS;
        let shown = |tested: &&Tested| few || tested.decision.verdict != Verdict::Holds;
        let shown = judged.tested.iter().filter(shown);
        rows.extend(shown.filter_map(|tested| verdict_row(judged, tested, several)));
    }
    rows
}

fn verdict_row(judged: &Judged, tested: &Tested, several: bool) -> Option<VerdictRow> {
    let fit = tested.fit.as_ref();
    let corrected = fit.and_then(|fit| fit.corrected.as_ref()).map(|c| &c.exponent);
    let what = if several { format!(", {}", table::place(tested)) } else { String::new() };
    Some(VerdictRow {
        group: table::heading(judged.verdict).to_owned(),
        label: format!("{}{}", judged.claim.id, marked(&what)),
        estimate: fit.map(|fit| fit.chosen.exponent),
        lower: fit.and_then(|fit| fit.chosen.lower),
        upper: fit.and_then(|fit| fit.chosen.upper),
        corrected: corrected.and_then(|c| c.lower.zip(c.upper)),
        predicted: approximate(tested.predicted?),
        tolerance: judged.claim.tolerance,
        verdict: tested.decision.verdict,
    })
}

/// Local slopes of the learning rates of all claims on widths, as many as there is room for.
fn drift(suite: &Suite, judged: &[Judged]) -> (Vec<DriftRow>, Vec<DriftLine>) {
    let (mut rows, mut lines, mut panels) = (Vec::new(), Vec::new(), Vec::<(String, &str)>::new());
    for judged in judged.iter().filter(|judged| is_learning_rate(suite, judged.claim)) {
        let tested = &judged.tested[0];
        let (Some(fit), Some(predicted)) = (&tested.fit, tested.predicted) else { continue };
        let panel = marked(&format!("{}, {}", words::quantity(tested.quantity), tested.study));
        if !panels.iter().any(|(known, _)| *known == panel) {
            let topic = judged.claim.topic.as_str();
            let of_topic = panels.iter().filter(|(_, known)| *known == topic).count();
            if of_topic == MOST_OF_TOPIC || panels.len() == MOST_PANELS {
                continue;
            }
            panels.push((panel.clone(), topic));
        }
        let series = tested.init.label().to_owned();
        rows.extend(fit.all.local_slopes.iter().map(|slope| DriftRow {
            panel: panel.clone(),
            series: series.clone(),
            width: (slope.from * slope.to).sqrt(),
            slope: slope.slope,
            lower: slope.lower,
            upper: slope.upper,
        }));
        let (predicted, tolerance) = (approximate(predicted), judged.claim.tolerance);
        lines.push(DriftLine { panel, series, predicted, tolerance });
    }
    (rows, lines)
}

fn is_learning_rate(suite: &Suite, claim: &Claim) -> bool {
    let rate = matches!(claim.quantities.first(), Some(Quantity::EtaOpt | Quantity::EtaStable));
    let over_width = suite.study(&claim.study).is_some_and(|study| study.axis == Axis::Width);
    let plain = !claim.paper && claim.control.is_none();
    rate && over_width && plain && claim.test == Test::Exponent
}

/// The areas are the calculus itself, at more pairs of rates than were planned.
fn map_figure(
    (suite, predictions): (&Suite, &Predictions),
    judged: &[Judged],
    text: &dyn Fn(&str, &str) -> FigureText,
) -> Result<Option<LoraPlusFigure>, AnalysisError> {
    let caption = "Areas: the calculus's regime at η_{A} = Θ(n^{γA}), η_{B} = Θ(n^{γB}); points: \
                   measured exponents of Z_{B}, δ1, δ2, δ3.";
    let mut figure = LoraPlusFigure {
        text: text("A learning rate for each factor", caption),
        ..LoraPlusFigure::default()
    };
    for judged in judged.iter().filter(|j| j.claim.test == Test::Map && j.claim.control.is_none()) {
        let Some(study) = suite.study(&judged.claim.study) else { continue };
        let panel = judged.claim.init.label().to_owned();
        let setting = predicted::setting(study, judged.claim.init);
        let rates: Vec<_> = judged.tested.iter().filter_map(|tested| tested.rates).collect();
        for (a, b) in cells(&rates) {
            // Where the calculus has no answer, there is no area.
            let Ok(regime) = predicted::regime(&setting, (a, b)) else { continue };
            figure.regions.push(RegionRow {
                panel: panel.clone(),
                gamma_a: approximate(a),
                gamma_b: approximate(b),
                size: 1.0 / CELLS as f64,
                regime,
            });
        }
        for tested in &judged.tested {
            let planned = planned(predictions, judged.claim, None, tested.rates)?;
            figure.points.extend(point(&panel, tested, planned));
        }
        figure.marks.push(lora_plus_mark(&panel));
    }
    Ok((!figure.points.is_empty()).then_some(figure))
}

fn point(panel: &str, tested: &Tested, planned: &Predicted) -> Option<MapPoint> {
    let rates = tested.rates?;
    let Predicted::Regime(expected) = *planned else { return None };
    let verdict = tested.decision.verdict;
    Some(MapPoint {
        panel: panel.to_owned(),
        gamma_a: approximate(rates.0),
        gamma_b: approximate(rates.1),
        measured: tested.regime.unwrap_or(expected),
        agrees: verdict != Verdict::Refuted,
        decided: verdict != Verdict::Undecided,
    })
}

/// Cell centres over the range of the measured pairs, half a step of theirs beyond.
fn cells(rates: &[(Rational, Rational)]) -> Vec<(Rational, Rational)> {
    let margin = Rational::new(1, 8);
    let ends = |of: fn(&(Rational, Rational)) -> Rational| {
        let values = rates.iter().map(of);
        values.clone().min().zip(values.max())
    };
    let (Some((a0, a1)), Some((b0, b1))) = (ends(|r| r.0), ends(|r| r.1)) else {
        return Vec::new();
    };
    let line = |from: Rational, to: Rational| {
        let (from, to) = (((from - margin) * CELLS).ceil(), ((to + margin) * CELLS).floor());
        (from.to_integer()..=to.to_integer()).map(|k| Rational::new(k, CELLS)).collect::<Vec<_>>()
    };
    let rows = line(b0, b1);
    let across = line(a0, a1);
    rows.iter().flat_map(|&b| across.iter().map(move |&a| (a, b))).collect()
}

fn lora_plus_mark(panel: &str) -> MapMark {
    MapMark {
        panel: panel.to_owned(),
        gamma_a: -1.0,
        gamma_b: 0.0,
        label: "LoRA+: n^{−1} for A, 1 for B".to_owned(),
    }
}
