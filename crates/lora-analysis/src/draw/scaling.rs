//! η_opt, η_stable and the loss at the optimum against width.

use std::collections::BTreeMap;

use lora_constants::{asymptotes, losses};
use lora_figures::{FitRow, GuideRow, Quantity, ScalingFigure, ScalingRow};
use lora_theory::{Init, Rational, Setting, analyse, approximate, parse_rational};

use crate::draw::{Sources, exponents, typographic};
use crate::summary::{InitSummary, LrSummary, ValueSummary, WidthSummary};

pub fn figure(sources: &Sources) -> ScalingFigure {
    let mut figure = rows(&sources.summary.inits);
    figure.guides = guides(sources);
    if let Some(limit) = &sources.summary.limit {
        figure.asymptotes = asymptotes(limit);
        figure.points.extend(losses(limit));
    }
    let caption = format!(
        "η_{{opt}} minimises the {}; η_{{stable}} is the largest η whose rms of Z_{{B}} stays under {} \
         at {}. Bars and brackets: 95% intervals over seeds; points: geometric means.",
        sources.score_words(),
        sources.experiment.search.stability_bound,
        sources.compared_steps(),
    );
    figure.text = sources.text("Learning rates and loss against width", caption);
    figure
}

/// Points and fits, without the words around them and without guides.
pub fn rows(inits: &BTreeMap<Init, InitSummary>) -> ScalingFigure {
    let mut figure = ScalingFigure::default();
    for (&init, results) in inits {
        for row in &results.widths {
            figure.points.extend(points(init, row));
        }
        for (quantity, fit) in exponents(results) {
            let (Some(exponent), Some(prefactor)) = (fit.exponent, fit.prefactor) else { continue };
            figure.fits.push(FitRow {
                quantity,
                init,
                exponent,
                lower: fit.lower,
                upper: fit.upper,
                predicted: fit.predicted_exact.as_deref().map(typographic),
                prefactor,
            });
        }
    }
    figure
}

/// The predicted exponents of each init, and the paper's where no prediction has the same value.
fn guides(sources: &Sources) -> Vec<GuideRow> {
    let paper: Vec<Rational> = [Init::B, Init::A].into_iter().filter_map(of_theorem).collect();
    guides_of(&sources.summary.inits, &sources.experiment.training.inits, &paper)
}

/// The predicted exponents of the inits in this order, and `others` where no prediction has the same value.
pub fn guides_of(
    results: &BTreeMap<Init, InitSummary>,
    inits: &[Init],
    others: &[Rational],
) -> Vec<GuideRow> {
    let mut guides = Vec::new();
    for quantity in [Quantity::EtaOpt, Quantity::EtaStable] {
        let mut lines: Vec<(Rational, Vec<Init>)> = Vec::new();
        for &of in inits {
            let found = results.get(&of).and_then(|results| predicted(results, quantity));
            let Some(gamma) = found else { continue };
            match lines.iter_mut().find(|(known, _)| *known == gamma) {
                Some((_, inits)) => inits.push(of),
                None => lines.push((gamma, vec![of])),
            }
        }
        for &gamma in others {
            if lines.iter().all(|(known, _)| *known != gamma) {
                lines.push((gamma, Vec::new()));
            }
        }
        guides.extend(lines.into_iter().map(|(gamma, predicted)| GuideRow {
            quantity,
            predicted,
            exponent: approximate(gamma),
            text: format!("n^{{{}}}", typographic(&gamma.to_string())),
        }));
    }
    guides
}

/// The exponent that was predicted for an init.
fn predicted(results: &InitSummary, quantity: Quantity) -> Option<Rational> {
    let fit = match quantity {
        Quantity::EtaOpt => &results.eta_opt,
        _ => &results.eta_stable,
    };
    parse_rational(fit.predicted_exact.as_deref()?).ok()
}

/// The largest stable learning rate of Theorems 1 and 2, which speak of the layer alone under Adam.
fn of_theorem(init: Init) -> Option<Rational> {
    analyse(&Setting::layer(init)).ok()?.critical.stable.gamma()
}

fn points(init: Init, row: &WidthSummary) -> Vec<ScalingRow> {
    let lr = |quantity, lr: &LrSummary| {
        point(quantity, init, row, lr.value, lr.lower, lr.upper, lr.bracketed)
    };
    let ValueSummary { value, lower, upper } = row.loss;
    let loss = point(Quantity::Loss, init, row, value, lower, upper, row.eta_opt.bracketed);
    [lr(Quantity::EtaOpt, &row.eta_opt), lr(Quantity::EtaStable, &row.eta_stable), loss]
        .into_iter()
        .flatten()
        .collect()
}

fn point(
    quantity: Quantity,
    init: Init,
    row: &WidthSummary,
    value: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    bracketed: bool,
) -> Option<ScalingRow> {
    let width = row.width.into();
    Some(ScalingRow { quantity, init, width, value: value?, lower, upper, bracketed })
}
